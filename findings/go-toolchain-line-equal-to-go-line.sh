#!/usr/bin/env bash
# A go.mod whose toolchain line names the same version as its go line cannot be built; with an older or a
# newer version it can.
#
# What:      Go 1.21.13, 1.24.13 and 1.27.4; `go 1.21.3` with `toolchain go1.21.2`, `go1.21.3` and `go1.21.4`;
#            GOTOOLCHAIN=local, nothing else in the module.
# Behaviour: with go1.21.3, and only then, `go list`, `go build` and `go vet` end with "updates to go.mod
#            needed; to update it: go mod tidy": go drops a toolchain line that repeats the go line, and a
#            build may not write go.mod. The same happens with a toolchain line below 1.21, which has no
#            effect.
# Expected:  a line that repeats another is redundant and harmless; if any of the three were refused, it would
#            be the older one, which can never be chosen.
# Matters:   people and update bots set both lines to the release they move to; every build of the repository
#            then fails, although both lines are valid.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir module home
printf 'package main\n\nfunc main() {}\n' >module/main.go
changed=0
for version in 1.21.13 1.24.13 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  for toolchain in go1.21.2 go1.21.3 go1.21.4; do
    printf 'module example.com/app\n\ngo 1.21.3\n\ntoolchain %s\n' "$toolchain" >module/go.mod
    said=$(cd module && env -i HOME="$work/home" PATH=/usr/bin:/bin GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-buildvcs=false "$root/bin/go" list . 2>&1) && code=0 || code=$?
    echo "go$version, go 1.21.3 and toolchain $toolchain: exit $code, $(printf '%s' "$said" | head -1)"
    if [ "$toolchain" = go1.21.3 ]; then
      [ "$code" != 0 ] && printf '%s' "$said" | grep -q 'updates to go.mod needed' || changed=1
    else
      [ "$code" = 0 ] || changed=1
    fi
  done
done
[ "$changed" = 0 ] || { echo 'CHANGED: how go treats a toolchain line that equals the go line'; exit 1; }
echo 'as stated: only the toolchain line that equals the go line stops every build'
