#!/usr/bin/env bash
# With -modfile, the toolchain line of the unused go.mod chooses the go that runs; the one of the file in use
# has no effect.
#
# What:      Go 1.26.0 first on PATH, GOTOOLCHAIN=auto, 1.27.4 available; two files with the same module and
#            go lines, one of them with `toolchain go1.27.4`.
# Behaviour: `go list -modfile=tools.mod` is run by 1.27.4 if go.mod has the line and tools.mod has none, and
#            by 1.26.0 the other way round; GOFLAGS=-modfile=tools.mod is the same. So is a go line: go.mod
#            with `go 1.27.4` and tools.mod with `go 1.21` runs 1.27.4, although 1.26.0 builds it without
#            complaint under GOTOOLCHAIN=local.
# Expected:  tools.mod replaces go.mod completely. The help says of go.mod that it must be there to mark the
#            root of the module, "but it is not accessed".
# Matters:   -modfile exists for files for tools, or for an older release: a toolchain line there never
#            counts, and the main module's decides what the tools are built with, or that they cannot be built
#            at all if its toolchain cannot be downloaded.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
first=$(cd / && GOTOOLCHAIN=go1.26.0 go env GOROOT)
(cd / && GOTOOLCHAIN=go1.27.4 go version >/dev/null)
unset GOTOOLCHAIN GOFLAGS GOWORK
export PATH="$first/bin:$PATH" GOENV=off
mkdir module
cd module
echo 'package app' >app.go
plain='go 1.21'
line='go 1.21\n\ntoolchain go1.27.4'
newer='go 1.27.4'
files() { # GO.MOD TOOLS.MOD
  printf "module example.com/app\n\n$1\n" >go.mod
  printf "module example.com/app\n\n$2\n" >tools.mod
}
# Prints the newest release whose build tag is set by the go that runs.
answers() { go list "$@" -f '{{range context.ReleaseTags}}{{println .}}{{end}}' . | tail -n 1; }
files "$line" "$plain"
unused=$(answers -modfile=tools.mod)
flags=$(GOFLAGS=-modfile=tools.mod answers)
files "$plain" "$line"
used=$(answers -modfile=tools.mod)
files "$newer" "$plain"
raised=$(answers -modfile=tools.mod)
kept=$(GOTOOLCHAIN=local answers -modfile=tools.mod)
echo "toolchain line in go.mod alone: $unused, by GOFLAGS $flags; in the file in use alone: $used"
echo "go line of 1.27.4 in go.mod alone: $raised, with GOTOOLCHAIN=local $kept"
[ "$unused $flags $used $raised $kept" = 'go1.27 go1.27 go1.26 go1.27 go1.26' ] || { echo 'CHANGED: which file chooses the toolchain'; exit 1; }
echo 'as stated: the file that is not in use chooses the toolchain'
