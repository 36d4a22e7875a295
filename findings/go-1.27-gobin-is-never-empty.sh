#!/usr/bin/env bash
# With Go 1.27 `go env GOBIN` prints a directory although GOBIN is not set.
#
# What:      Go 1.27.4 beside 1.26.0, an empty home, GOBIN not set anywhere.
# Behaviour: 1.26.0 prints an empty line; 1.27.4 prints $HOME/go/bin, the directory that go install would use.
#            It does not count as set: with the GOARCH of another machine `go install` still writes to a
#            subdirectory, while a GOBIN that is set makes it fail ("cannot install cross-compiled binaries
#            when GOBIN is set").
# Expected:  as in all earlier versions, an empty line means "not set", and a directory means that go install
#            refuses to cross-compile.
# Matters:   scripts and Makefiles that test `[ -n "$(go env GOBIN)" ]` take the other branch after the
#            upgrade.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir module
printf 'module example.com/app\n\ngo 1.21\n' >module/go.mod
printf 'package main\n\nfunc main() {}\n' >module/main.go
changed=0
for version in 1.26.0 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  home=$work/home-$version
  mkdir "$home"
  run() { env -i HOME="$home" PATH=/usr/bin:/bin GOTOOLCHAIN=local GOFLAGS=-buildvcs=false CGO_ENABLED=0 "$@"; }
  answer=$(run "$root/bin/go" env GOBIN)
  other=arm64
  [ "$(run "$root/bin/go" env GOHOSTARCH)" = arm64 ] && other=amd64
  (cd module && run GOARCH=$other "$root/bin/go" install -n . >/dev/null 2>&1) && foreign=0 || foreign=$?
  (cd module && run GOARCH=$other GOBIN="$home/go/bin" "$root/bin/go" install -n . >/dev/null 2>&1) && set_one=0 || set_one=$?
  echo "go$version: go env GOBIN prints '${answer#"$home"/}'; go install for $other exits $foreign, and $set_one with that GOBIN set"
  case $version in
    1.26.0) [ -z "$answer" ] || changed=1 ;;
    1.27.4) [ "$answer" = "$home/go/bin" ] || changed=1 ;;
  esac
  [ "$foreign" = 0 ] && [ "$set_one" != 0 ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: what go env GOBIN prints, or how go install treats it'; exit 1; }
echo 'as stated: 1.27 prints a default that does not count as set'
