#!/usr/bin/env bash
# A file whose only build constraint is in the syntax of Go 1.16 is ignored by the newest go, and neither
# build nor vet reports it.
#
# What:      Go 1.21.13 and 1.27.4; a module whose go line is that very release, with one file that holds
#            `// +build never` and no `//go:build` line.
# Behaviour: go list names the file as ignored, go build and go vet silently pass, although the file would not
#            compile. Only gofmt -l lists it.
# Expected:  a module with a go line of 1.18 or later is read by `//go:build` lines alone, since the help
#            speaks of the old lines as those of "Go versions 1.16 and earlier"; or vet's check of build
#            constraints reports it. But vet never sees the file, because the constraint excludes it from what
#            is vetted.
# Matters:   tools that compute what a build imports (scanners, license and dependency tools, godrift) count
#            the imports of a file that go does not build.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
mkdir "$work/module" "$work/home"
cd "$work/module"
changed=0
for version in 1.21.13 1.27.4; do
  root=$(cd / && GOTOOLCHAIN=go$version go env GOROOT)
  go() { env -i HOME="$work/home" PATH=/usr/bin:/bin GOTOOLCHAIN=local GOPROXY=off GOFLAGS=-buildvcs=false "$root/bin/go" "$@"; }
  printf 'module example.com/app\n\ngo %s\n' "$version" >go.mod
  printf 'package app\n' >app.go
  printf '// +build never\n\npackage app\n\nimport _ "example.com/nowhere"\n' >old.go
  ignored=$(go list -f '{{.IgnoredGoFiles}}' .)
  build=$(go build ./... 2>&1) && build="passes silently$build" || build="fails: $build"
  vet=$(go vet ./... 2>&1) && vet="passes silently$vet" || vet="fails: $vet"
  listed=$("$root/bin/gofmt" -l .)
  echo "go$version: ignored $ignored; build $build; vet $vet; gofmt -l: $listed"
  [ "$ignored $build $vet $listed" = '[old.go] passes silently passes silently old.go' ] || changed=1
  unset -f go
done
[ "$changed" = 0 ] || { echo 'CHANGED: how go treats a file with only an old build line'; exit 1; }
echo 'as stated: the file is ignored, and only gofmt -l lists it'
