#!/usr/bin/env bash
# With a frozen GOFIPS140 even read-only go commands, `go env GOROOT` among them, unpack a module into the
# module cache, or fail if they cannot.
#
# What:      Go 1.24.13 and 1.27.4, GOFIPS140=v1.0.0, an empty home, telemetry off, GOPROXY=off; a module
#            without a requirement.
# Behaviour: `go env GOROOT`, `go list -m`, `go mod edit -json` and `go clean -n` each create GOMODCACHE with
#            golang.org/fips140@v1.0.0-… in it, from a zip file of the toolchain; `go version` creates
#            nothing. Without a home to put it in, `go env GOROOT` says "module cache not found" and exits 1,
#            while it works without GOFIPS140 and with GOFIPS140=latest.
# Expected:  the setting affects builds (the help calls it the mode "to use when building binaries"), and the
#            frozen module is part of GOROOT like the rest of the standard library. It should not need the
#            module cache at all, least of all for commands that build nothing.
# Matters:   a tool that asks go for a path, in a container with a read-only root or a service without a home,
#            works until GOFIPS140=v1.0.0 is written into a settings file; a tool that promises to leave no
#            trace leaves one.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir module
printf 'module example.com/app\n\ngo 1.24\n' >module/go.mod
changed=0
for version in 1.24.13 1.27.4; do
  root=$(cd / && GOTOOLCHAIN=go$version go env GOROOT)
  asked() { # MODE COMMAND…: prints what is in the module cache afterwards
    mode=$1
    shift
    rm -rf cache telemetry
    mkdir telemetry
    echo off >telemetry/mode
    (cd module && env -i PATH=/usr/bin:/bin HOME="$work/home" TEST_TELEMETRY_DIR="$work/telemetry" GOTOOLCHAIN=local GOPROXY=off GOMODCACHE="$work/cache" GOFIPS140="$mode" "$root/bin/go" "$@" >/dev/null)
    (cd cache 2>/dev/null && ls -d golang.org/* | sed 's/-.*//') || echo nothing
    [ ! -e cache ] || chmod -R u+w cache
  }
  homeless() { env -i PATH=/usr/bin:/bin GOTOOLCHAIN=local GOPROXY=off GOFIPS140="$1" "$root/bin/go" env GOROOT >/dev/null 2>error && echo answers || echo "fails: $(cat error)"; }
  seen=
  for command in 'version' 'env GOROOT' 'list -m' 'mod edit -json' 'clean -n'; do
    made=$(asked v1.0.0 $command)
    latest=$(asked latest $command)
    echo "go$version $command: GOFIPS140=v1.0.0 creates $made, =latest creates $latest"
    seen="$seen$made/$latest "
  done
  frozen=$(homeless v1.0.0)
  living=$(homeless latest)
  echo "go$version env GOROOT without a home: GOFIPS140=v1.0.0 $frozen; =latest $living"
  module='golang.org/fips140@v1.0.0/nothing'
  [ "$seen" = "nothing/nothing $module $module $module $module " ] || changed=1
  case "$frozen/$living" in 'fails: go: module cache not found'*/answers) ;; *) changed=1 ;; esac
done
[ "$changed" = 0 ] || { echo 'CHANGED: what read-only commands create in the module cache'; exit 1; }
echo 'as stated: read-only commands unpack a module'
