#!/usr/bin/env bash
# Every Go before 1.27 stamps a program built in a git worktree or a submodule below another checkout with the
# commit of that outer checkout.
#
# What:      Go 1.21.13, 1.26.8 and 1.27.4; git; a repository, and below its root a linked worktree of it and
#            a submodule, each at a different commit and clean; -buildvcs=true.
# Behaviour: 1.21.13 and 1.26.8 stamp both with vcs.revision of the outer checkout; they ignore a .git that is
#            a file and go on upwards. With its worktree untracked the outer checkout counts as modified, so
#            the program says so too, and 1.26.8 makes it a version with +dirty. 1.27.4 stamps the worktree's
#            and the submodule's own commit, unmodified. In a worktree beside the checkout the old releases
#            silently write no stamp at all, although -buildvcs=true asks for one.
# Expected:  go asks git in the directory of the package, and git knows worktrees and submodules; or it writes
#            no stamp, as for a worktree that lies elsewhere. But never a wrong one.
# Matters:   worktrees below the checkout are how several branches are built side by side. The binary names a
#            commit that has none of its code, which misleads a bisection by `go version -m`.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir home bin
# Ignores the user's own settings of git and go.
as() { env -i HOME="$work/home" PATH="$PATH" GOTOOLCHAIN=local GOCACHE="$work/cache" GOPATH="$work/go" GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com "$@"; }
repository() { # DIRECTORY: a program in a repository
  as git init -q "$1"
  printf 'module example.com/%s\n\ngo 1.21\n' "$1" >"$1/go.mod"
  printf 'package main\n\nfunc main() {}\n' >"$1/main.go"
  as git -C "$1" add .
  as git -C "$1" commit -qm "a program, $1"
}
repository library
repository outer
as git -C outer -c protocol.file.allow=always submodule --quiet add "$work/library" library
as git -C outer commit -qm 'the submodule'
as git -C outer worktree add -q -b side trees/side
as git -C outer/trees/side commit -q --allow-empty -m 'work on a branch'
as git -C outer worktree add -q -b beside "$work/beside"
as git -C beside commit -q --allow-empty -m 'work on another'
changed=0
for version in 1.21.13 1.26.8 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  seen=
  for at in outer/trees/side outer/library beside; do
    as "$root/bin/go" build -C "$at" -buildvcs=true -o "$work/bin/program" .
    stamp=$(as "$root/bin/go" version -m bin/program)
    case $stamp in
      *vcs.revision="$(git -C "$at" rev-parse HEAD)"*) whose=own ;;
      *vcs.revision="$(git -C outer rev-parse HEAD)"*) whose=outer ;;
      *vcs.revision=*) whose=neither ;;
      *) whose=none ;;
    esac
    case $stamp in *vcs.modified=true*) whose=$whose-modified ;; esac
    seen="$seen $whose"
  done
  echo "go$version, worktree below, submodule, worktree beside:$seen"
  case $version in 1.27.*) expected=' own own own' ;; *) expected=' outer-modified outer-modified none' ;; esac
  [ "$seen" = "$expected" ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: another commit is stamped than before'; exit 1; }
echo 'as stated: before 1.27 the commit of the outer checkout is stamped'
