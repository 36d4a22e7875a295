#!/usr/bin/env bash
# A test that reads its settings with os.Environ passes from the cache even if the environment has changed.
#
# What:      Go 1.27.4 (1.24.13 and 1.26.0 do the same) with github.com/caarlos0/env/v11 11.4.2, which fills
#            structs from the environment, beside os.Getenv.
# Behaviour: `go test` records each variable that a test reads by name, and runs the test again when one has
#            changed. os.Environ records nothing: the test that parses its settings with the package is "ok
#            (cached)" with a value that it fails on, and only -count=1 shows the failure.
# Expected:  a test that read the whole environment depends on all of it, and is run again after any change,
#            or never cached. The help says that tests which consult environment variables only match runs in
#            which these are unchanged.
# Matters:   many libraries for settings read the whole environment at once. A test that an exported variable
#            breaks stays green on the machine where it was green before, and is red in a new checkout.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
root=$(cd / && GOTOOLCHAIN=go1.27.4 go env GOROOT)
proxy=$(cd / && go env GOPROXY)
unset GOFLAGS GOWORK
export GOTOOLCHAIN=local GOENV=off GOPROXY="$proxy" GOCACHE="$work/cache" GOMODCACHE="$work/modules" CGO_ENABLED=0
mkdir "$work/module"
cd "$work/module"
printf 'module example.com/app\n\ngo 1.24\n' >go.mod
cat >app_test.go <<'GO'
package app

import (
	"os"
	"testing"

	"github.com/caarlos0/env/v11"
)

func TestParsed(t *testing.T) {
	var settings struct {
		Mode string `env:"APP_MODE"`
	}
	if err := env.Parse(&settings); err != nil || settings.Mode != "good" {
		t.Fatal(settings.Mode, err)
	}
}

func TestNamed(t *testing.T) {
	if mode := os.Getenv("APP_MODE"); mode != "good" {
		t.Fatal(mode)
	}
}
GO
"$root/bin/go" get github.com/caarlos0/env/v11@v11.4.2 2>/dev/null
result() { # MODE ARGUMENTS…
  APP_MODE=$1
  shift
  answer=$(APP_MODE=$APP_MODE "$root/bin/go" test "$@" . 2>&1) || :
  case $answer in *'(cached)'*) echo 'ok, cached' ;; ok*) echo ok ;; *'--- FAIL'*) echo fails ;; *) echo "$answer" ;; esac
}
changed=0
for name in TestParsed TestNamed; do
  seen="$(result good -run $name); $(result good -run $name); $(result bad -run $name); $(result bad -count=1 -run $name)"
  echo "$name: with a good value $(echo "$seen" | sed 's/;/, again/; s/;/; with a bad one/; s/; fails$/, with -count=1 fails/')"
  case $name in
  TestParsed) expected='ok; ok, cached; ok, cached; fails' ;;
  TestNamed) expected='ok; ok, cached; fails; fails' ;;
  esac
  [ "$seen" = "$expected" ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: other tests are run again when a variable changes'; exit 1; }
echo 'as stated: reads through os.Environ are not recorded'
