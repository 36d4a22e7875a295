#!/usr/bin/env bash
# `go env` without a variable name creates a build cache; `go env NAME` does not.
#
# What:      Go 1.27.4, `go env` in an empty home, telemetry off.
# Behaviour: `go env`, `go env -json` and `go env -changed` create the whole build cache (256 directories and
#            some files), and exit 1 with GOCACHE=off. `go env GOCACHE` creates nothing, and exits 0 with
#            GOCACHE=off.
# Expected:  `go env` only prints.
# Matters:   a monitor or a status line that runs the bare form writes into every home that it observes, and
#            fails where the build does not.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
root=$(GOTOOLCHAIN=go1.27.4 go env GOROOT)
mkdir telemetry && echo 'off 2026-01-01' >telemetry/mode
run() { env -i HOME="$home" PATH="$root/bin:/usr/bin:/bin" GOTOOLCHAIN=local TEST_TELEMETRY_DIR="$work/telemetry" "$@"; }
changed=0
for form in 'env' 'env -json' 'env -changed' 'env GOCACHE' 'env -json GOCACHE'; do
  home=$work/home-$(printf %s "$form" | tr -c 'a-zA-Z' _)
  mkdir "$home"
  # shellcheck disable=SC2086
  run go $form >/dev/null
  made=$(find "$home" -mindepth 1 -type d | wc -l)
  # shellcheck disable=SC2086
  run GOCACHE=off go $form >/dev/null 2>&1 && off=0 || off=$?
  echo "go $form: $made directories created in an empty home; with GOCACHE=off exit $off"
  case $form in
    *GOCACHE) [ "$made" = 0 ] && [ "$off" = 0 ] || changed=1 ;;
    *) [ "$made" -ge 256 ] && [ "$off" = 1 ] || changed=1 ;;
  esac
done
[ "$changed" = 0 ] || { echo 'CHANGED: what the forms write, or their exit codes'; exit 1; }
echo 'as stated: the forms without a name create a cache'
