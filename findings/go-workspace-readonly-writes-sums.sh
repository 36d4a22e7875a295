#!/usr/bin/env bash
# -mod=readonly does not keep a workspace read-only: read-only commands write go.work.sum.
#
# What:      Go 1.27.4, a go.work whose member has no go.sum, the requirement in the module cache or available
#            from the proxy.
# Behaviour: `go list -m all`, `go vet` and `go build` with GOFLAGS=-mod=readonly exit 0 and create
#            go.work.sum. In the same module without go.work they exit 1 and write nothing ("missing go.sum
#            entry").
# Expected:  readonly means that go.sum and similar files are not written (go help modules: "-mod=readonly ...
#            fails if it needs to update").
# Matters:   a tool that "only lists" in a checkout makes it dirty; an unreviewed checksum is on disk, and in
#            the next commit.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
# The toolchain goes into the user's module cache like any other; the module under test into a separate one.
export GOTOOLCHAIN=go1.27.4
cd "$work"
go version
export GOFLAGS='-mod=readonly' GOWORK= GOENV=off
mkdir -p alone
printf 'module example.com/a\n\ngo 1.21\n\nrequire rsc.io/quote v1.5.2\n' >alone/go.mod
printf 'package a\n\nimport _ "rsc.io/quote"\n' >alone/a.go
cp -r alone member
changed=0
for command in 'list -m all' 'vet ./...' 'build ./...'; do
  # shellcheck disable=SC2086
  if (cd alone && GOWORK=off go $command >/dev/null 2>"$work/said"); then by_itself=0; else by_itself=1; fi
  [ -e alone/go.sum ] && wrote=yes || wrote=no
  echo "module alone: go $command exits $by_itself, writes go.sum: $wrote"
  mkdir space && cp -r member space/a && printf 'go 1.21\n\nuse ./a\n' >space/go.work
  # shellcheck disable=SC2086
  if (cd space/a && go $command >/dev/null 2>"$work/said"); then together=0; else together=1; fi
  [ -s space/go.work.sum ] && sums=yes || sums=no
  echo "in a workspace: go $command exits $together, writes go.work.sum: $sums"
  [ "$together$sums" = 0yes ] || changed=1
  [ "$wrote" = no ] || changed=1
  rm -rf space
done
[ "$changed" = 0 ] || { echo 'CHANGED: -mod=readonly works in a workspace too, or no longer in a module'; exit 1; }
echo 'as stated: go.work.sum is written under -mod=readonly'
