#!/usr/bin/env bash
# A GOROOT line in the GOENV file decides whose go.env is read, even if an exported GOROOT overrides it.
#
# What:      Go 1.26.0 and 1.27.4; a second tree with its own go.env; GOROOT=<second tree> in the GOENV file
#            (by hand or by a script: `go env -w` refuses GOROOT), GOROOT=<the real tree> in the environment.
# Behaviour: `go env GOROOT` prints the real tree, because the environment wins; the values of go.env (GOSUMDB
#            here) come from the second tree. If that tree has no go.env, GOSUMDB has no value at all.
# Expected:  an environment variable overrides its line of GOENV completely; the line has no effect any more.
# Matters:   a forgotten line still switches the checksum database after it was "fixed" by exporting GOROOT,
#            and `go env GOROOT` shows nothing of it.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir home second bare
echo 'GOSUMDB=sum.example.com' >second/go.env
changed=0
for version in 1.26.0 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  for tree in second bare; do
    echo "GOROOT=$work/$tree" >goenv
    run() { env -i HOME="$work/home" PATH=/usr/bin:/bin GOENV="$work/goenv" GOTOOLCHAIN=local GOROOT="$root" "$root/bin/go" env "$1"; }
    goroot=$(run GOROOT)
    database=$(run GOSUMDB)
    own=$(sed -n 's/^GOSUMDB=//p' "$root/go.env")
    [ "$goroot" = "$root" ] && shown='the exported tree' || shown=$goroot
    echo "go$version, GOENV names the tree '$tree': go env GOROOT prints $shown, GOSUMDB is '$database' (the exported tree's go.env has one: $([ -n "$own" ] && echo yes || echo no))"
    [ "$goroot" = "$root" ] && [ "$database" != "$own" ] || changed=1
    [ "$tree" = bare ] || [ "$database" = sum.example.com ] || changed=1
  done
done
[ "$changed" = 0 ] || { echo 'CHANGED: whose go.env is read with an exported GOROOT'; exit 1; }
echo 'as stated: the overridden line of GOENV decides whose go.env is read'
