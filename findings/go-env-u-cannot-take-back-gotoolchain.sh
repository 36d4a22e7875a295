#!/usr/bin/env bash
# `go env -u GOTOOLCHAIN` may be unable to undo `go env -w GOTOOLCHAIN=…`.
#
# What:      Go 1.21.13, 1.26.8 and 1.27.4; GOTOOLCHAIN of the user's settings names go1.20.14, which is
#            present, or go1.26.7, which is not available (GOPROXY=off, as on a host without a network).
# Behaviour: `go env -u` is no longer run by the go that was called, but by the toolchain that the setting
#            names: 1.20.14 answers "unknown go command variable GOTOOLCHAIN", and if the toolchain is
#            missing, -u fails as every other command does, including go version and go help. The line stays.
#            `go env -w GOTOOLCHAIN=auto`, alone on its line, works in both cases: this command, and
#            `go env GOTOOLCHAIN`, are answered by the go that was called. With a second variable behind it
#            (-w GOTOOLCHAIN=auto GOPRIVATE=…) it fails like the rest.
# Expected:  -u undoes what -w did, and the exception made for -w holds for -u.
# Matters:   the help, scripts and instructions name -u as the way to remove a setting. The host seems to have
#            no working go.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir nothing
GOTOOLCHAIN=go1.20.14 go version >/dev/null # downloads it if necessary
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
    echo "go$version, $wanted: exit codes of -w, version, env GOTOOLCHAIN, -u, -w of two, -w GOTOOLCHAIN=auto: $seen; $left, then $(cat "$home/.config/go/env")"
    case $wanted in go1.20.14) expected='0 0 0 1 1 0' says='unknown go command variable GOTOOLCHAIN' ;; *) expected='0 1 0 1 1 0' says='toolchain not available' ;; esac
    [ "$seen|$left" = "$expected|GOTOOLCHAIN=$wanted" ] && grep -q "$says" said || changed=1
  done
done
[ "$changed" = 0 ] || { echo 'CHANGED: other exit codes or messages; output of the last go:'; cat said; exit 1; }
echo 'as stated: -w can reset GOTOOLCHAIN, -u cannot'
