#!/usr/bin/env bash
# GOENV=off says "there is no settings file", and `go env -w` then edits the one that it says is not there.
#
# What:      Go 1.21.13, 1.26.0 and 1.27.4.
# Behaviour: with GOENV=off in the environment `go env -w GOFLAGS=-v` exits 0 without a word and writes the default file below the user's configuration
#            directory; `go env GOFLAGS` of the same shell answers nothing, for reading is off. Every other shell of the user has the setting from now on.
# Guessed:   an error, as for a variable that go does not know, or nothing written.
# Matters:   scripts that set GOENV=off to leave the user's settings alone change them.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
changed=0
for version in 1.21.13 1.26.0 1.27.4; do
  # Found (or fetched) with the user's own settings; what is asked runs in an own home.
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  home=$work/home-$version
  mkdir "$home"
  run() { env -i HOME="$home" PATH=/usr/bin:/bin GOTOOLCHAIN=local "$@"; }
  run GOENV=off "$root/bin/go" env -w GOFLAGS=-v && code=0 || code=$?
  seen=$(run GOENV=off "$root/bin/go" env GOFLAGS)
  later=$(run "$root/bin/go" env GOFLAGS)
  echo "go$version: -w with GOENV=off exits $code; the same shell reads '$seen', another one '$later'"
  [ "$code|$seen|$later" = '0||-v' ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: GOENV=off keeps the default file from being written'; exit 1; }
echo 'as stated: the default settings file is written though GOENV is off'
