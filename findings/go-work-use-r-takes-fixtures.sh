#!/usr/bin/env bash
# `go work use -r .` adds modules from directories that no go pattern matches, and removes a member that was
# added by name.
#
# What:      Go 1.21.13 and 1.27.4; modules below testdata, _old, .cache, node_modules and vendor, and one
#            behind a symlink that `go work use linked` added.
# Behaviour: all of them become lines of go.work (1.27.4 leaves out the one below vendor), although `./...`
#            and `go list` ignore testdata and names that begin with _ or a dot. The line of the linked module
#            is removed ("warning: ignoring symlink linked", exit 0), although the command without -r had just
#            added it.
# Expected:  -r finds the modules that `./...` would find if they were packages; and a symlink that is
#            "ignored", in the words of the help, keeps its line.
# Matters:   test fixtures and copies of other people's code take part in the build list of every member, with
#            their requirements and their go lines.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir home outside tree
printf 'module example.com/outside\n\ngo 1.21\n' >outside/go.mod
for folder in app app/testdata/fixture _old .cache node_modules/flow vendor/copy; do
  mkdir -p "tree/$folder"
  printf 'module example.com/%s\n\ngo 1.21\n' "$(printf '%s' "$folder" | tr -d '._')" >"tree/$folder/go.mod"
done
ln -s ../outside tree/linked
cd tree
changed=0
for version in 1.21.13 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  run() { env -i HOME="$work/home" PATH=/usr/bin:/bin GOTOOLCHAIN=local GOPROXY=off "$root/bin/go" work "$@"; }
  members() { sed -n 's/^\(use \)\{0,1\}[[:space:]]*\(\.[^ ]*\)$/\2/p' go.work | tr '\n' ' '; }
  rm -f go.work
  run init
  run use linked
  asked=$(members)
  said=$(run use -r . 2>&1)
  found=$(members)
  echo "go$version: use linked: $asked; use -r .: $found($said)"
  [ "$asked" = './linked ' ] || changed=1
  all='./.cache ./_old ./app ./app/testdata/fixture ./node_modules/flow '
  [ $version = 1.27.4 ] || all="$all./vendor/copy "
  [ "$found" = "$all" ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: go work use -r adds other modules'; exit 1; }
echo 'as stated: fixtures become members, and the member that was added by name is gone'
