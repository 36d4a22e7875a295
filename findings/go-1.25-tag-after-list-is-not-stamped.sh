#!/usr/bin/env bash
# With GOPROXY=off, a commit that go has seen before it was tagged is stamped with its old version until the
# module cache forgets it.
#
# What:      Go 1.24.13, 1.25.0 and 1.27.4; git; a repository with one commit, `go list .` in it, then
#            `git tag v1.2.0`, then `go build`; GOPROXY=off, and a list that allows no download either.
# Behaviour: 1.24.13 stamps v1.2.0. 1.25.0 and 1.27.4 stamp v0.0.0-<time>-<commit> with GOPROXY=off: `go list`
#            (as an editor runs it), go run and go build store the version of the commit in
#            GOMODCACHE/cache/download/<module>/@v, and later builds take it from there by the commit's hash.
#            With that file removed, or with any other GOPROXY, `off,off` too, v1.2.0 is stamped. In the same
#            way a shallow clone, which knows no tags, decides the version that a full clone of the commit
#            gets, and vice versa.
# Expected:  the version comes from the current state of the repository, as vcs.revision and vcs.modified do;
#            a build of one's own checkout depends neither on the module cache nor on GOPROXY.
# Matters:   an offline release job that restores the module cache of a branch job, and a user who tags in the
#            folder that is open in an editor, ship binaries without the release version.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir home app
cd app
printf 'module example.com/app\n\ngo 1.21\n' >go.mod
printf 'package main\n\nfunc main() {}\n' >main.go
git init -q .
git add -A
git -c user.name=a -c user.email=a@example.com commit -qm 'all of it'
changed=0
for version in 1.24.13 1.25.0 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  proxy=off
  run() { env -i HOME="$work/home" PATH=/usr/bin:/bin GOTOOLCHAIN=local GOPROXY="$proxy" GOMODCACHE="$work/modules-$version" "$root/bin/go" "$@"; }
  stamped() {
    run build -o "$work/built" .
    run version -m "$work/built" | awk '$1 == "mod" { print $3 }'
  }
  git tag -d v1.2.0 >/dev/null 2>&1 || :
  run list . >/dev/null
  git tag v1.2.0
  first=$(stamped)
  proxy=off,off
  listed=$(stamped)
  proxy=off
  rm -rf "$work/modules-$version/cache/download/example.com"
  second=$(stamped)
  echo "go$version, listed, tagged v1.2.0 and built: $first; with GOPROXY=off,off: $listed; with its module cache cleared: $second"
  [ "$second$listed" = v1.2.0v1.2.0 ] || changed=1
  case $version:$first in
    1.24.13:v1.2.0 | 1.25.0:v0.0.0-* | 1.27.4:v0.0.0-*) ;;
    *) changed=1 ;;
  esac
done
[ "$changed" = 0 ] || { echo 'CHANGED: the version of a commit that was tagged after go had seen it'; exit 1; }
echo 'as stated: since 1.25, with GOPROXY=off, the module cache decides the version of a checkout, and keeps the first one'
