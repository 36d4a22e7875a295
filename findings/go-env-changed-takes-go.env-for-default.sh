#!/usr/bin/env bash
# `go env -changed` treats every line of $GOROOT/go.env except GOFLAGS as the default, and reports Go's own
# defaults as changed when GOENV sets them.
#
# What:      Go 1.24.13, 1.26.0 and 1.27.4, each as a tree whose go.env says GOPROXY=off, GOSUMDB=off,
#            GOTOOLCHAIN=local, GOAMD64=v3 and GOFLAGS=-mod=mod, as a distribution or a base image may ship
#            it; an empty home and environment.
# Behaviour: all five are in force, and `go env -changed` lists GOFLAGS alone. The values of the official
#            release, written into GOENV to override those, are listed as changed.
# Expected:  "changed" means different from the behaviour of the Go release itself; or, if go.env counts as
#            the default, then with all of its lines.
# Matters:   a comparison of machines by `go env -changed` shows two as equal while one of them downloads no
#            module and verifies no sum.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
changed=0
for version in 1.24.13 1.26.0 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  home=$work/home-$version
  tree=$work/tree-$version
  mkdir -p "$home/.config/go" "$tree/bin"
  for part in src pkg lib VERSION; do ln -s "$root/$part" "$tree/$part"; done
  cp "$root/bin/go" "$tree/bin/go"
  printf 'GOPROXY=off\nGOSUMDB=off\nGOTOOLCHAIN=local\nGOAMD64=v3\nGOFLAGS=-mod=mod\n' >"$tree/go.env"
  run() { env -i HOME="$home" PATH=/usr/bin:/bin "$tree/bin/go" env "$@"; }
  force=$(run GOPROXY GOSUMDB GOTOOLCHAIN GOFLAGS | paste -sd ' ' -)
  names() { run -changed | sed -n "s/^\([A-Z0-9]*\)=.*/\1/p" | sort | paste -sd ' ' -; }
  told=$(names)
  # The values that the release itself ships, from its own go.env.
  sed -n '/^GOPROXY=/p;/^GOTOOLCHAIN=/p' "$root/go.env" >"$home/.config/go/env"
  back=$(names)
  echo "go$version: in force $force; -changed names: $told; with the release's own GOPROXY and GOTOOLCHAIN in GOENV: $back"
  [ "$force" = 'off off local -mod=mod' ] && [ "$told" = GOFLAGS ] || changed=1
  [ "$back" = 'GOFLAGS GOPROXY GOTOOLCHAIN' ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: what go env -changed compares with'; exit 1; }
echo 'as stated: go.env counts as the default for -changed, except for its GOFLAGS'
