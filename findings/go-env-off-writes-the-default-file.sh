#!/usr/bin/env bash
# GOENV=off means "no settings file", but `go env -w` then writes the default one.
#
# What:      Go 1.21.13, 1.26.0 and 1.27.4.
# Behaviour: with GOENV=off in the environment `go env -w GOFLAGS=-v` silently exits 0 and writes the default
#            file below the user's configuration directory; `go env GOFLAGS` of the same shell prints an empty
#            line, because reading is off. Every other shell of the user has the setting from now on.
# Expected:  an error, as for an unknown variable, or nothing written.
# Matters:   scripts that set GOENV=off to leave the user's settings alone change them.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
changed=0
for version in 1.21.13 1.26.0 1.27.4; do
  # Find (or download) the toolchain with the user's own settings; the commands under test run in a separate home.
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
[ "$changed" = 0 ] || { echo 'CHANGED: with GOENV=off the default file is not written'; exit 1; }
echo 'as stated: the default settings file is written although GOENV is off'
