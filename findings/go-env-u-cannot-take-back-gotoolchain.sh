#!/usr/bin/env bash
# What `go env -w GOTOOLCHAIN=…` did, `go env -u GOTOOLCHAIN` may not be able to undo.
#
# What:      Go 1.21.13, 1.26.8 and 1.27.4; GOTOOLCHAIN of the user's settings names go1.20.14, which is there, or go1.26.7, which cannot be had (GOPROXY=off, as on a host without a network).
# Behaviour: `go env -u` is no longer run by the go that was called, but by the toolchain that the setting names: 1.20.14 answers "unknown go command variable GOTOOLCHAIN", and where the toolchain is
#            missing, -u fails as every other command does, go version and go help too. The line stays. `go env -w GOTOOLCHAIN=auto`, alone on its line, works in both cases: that one, and the
#            question `go env GOTOOLCHAIN`, are answered by the go that was called. With a second variable behind it (-w GOTOOLCHAIN=auto GOPRIVATE=…) it fails like the rest.
# Guessed:   -u undoes what -w did, and what is made an exception for the one holds for the other.
# Matters:   -u is what the help names to take back a setting, and what scripts and instructions say. The host seems to have no go that works.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir nothing
GOTOOLCHAIN=go1.20.14 go version >/dev/null # fetched where it is not there yet
modules=$(go env GOMODCACHE)
changed=0
for version in 1.21.13 1.26.8 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  for case in "go1.20.14 $modules" "go1.26.7 $work/nothing"; do
    wanted=${case%% *}
    home=$work/home-$version-$wanted
    mkdir "$home"
    run() { if env -i HOME="$home" PATH=/usr/bin:/bin GOPROXY=off GOMODCACHE="${case#* }" "$root/bin/go" "$@" >>said 2>&1; then echo 0; else echo 1; fi; }
    : >said
    seen="$(run env -w GOTOOLCHAIN=$wanted) $(run version) $(run env GOTOOLCHAIN) $(run env -u GOTOOLCHAIN) $(run env -w GOTOOLCHAIN=auto GOPRIVATE=example.com)"
    left=$(cat "$home/.config/go/env")
    seen="$seen $(run env -w GOTOOLCHAIN=auto)"
    echo "go$version, $wanted: exit codes of -w, version, the question, -u, -w of two, -w GOTOOLCHAIN=auto: $seen; $left, then $(cat "$home/.config/go/env")"
    case $wanted in go1.20.14) expected='0 0 0 1 1 0' says='unknown go command variable GOTOOLCHAIN' ;; *) expected='0 1 0 1 1 0' says='toolchain not available' ;; esac
    [ "$seen|$left" = "$expected|GOTOOLCHAIN=$wanted" ] && grep -q "$says" said || changed=1
  done
done
[ "$changed" = 0 ] || { echo 'CHANGED: not what it was; the last go said:'; cat said; exit 1; }
echo 'as stated: -w can, -u cannot'
