#!/usr/bin/env bash
# With GOCACHEPROG, `go clean -cache` cleans an unused directory, and makes go ignore -testcache.
#
# What:      Go 1.24.13 and 1.27.4, a GOCACHEPROG that stores what it is given; one test that passed and is
#            cached.
# Behaviour: `go clean -cache` silently exits 0; the program is not even started, and the next `go test` says
#            "(cached)". `go clean -cache -testcache` does as little: with the first flag go ignores the
#            second. `go clean -testcache` alone works, by a timestamp in the directory of GOCACHE, which is
#            written and read with GOCACHEPROG as well; a go with another GOCACHE, and the same program, does
#            not see it.
# Expected:  an error, or a request to the program; the help says that "-cache" deletes all cached data. And
#            two flags do at least what each of them does.
# Matters:   a user who cleans because something was cached by mistake continues to get it. And a CI job,
#            which begins with an empty GOCACHE, takes results from the shared program that were invalidated.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir home module
printf 'module example.com/m\n\ngo 1.24\n' >module/go.mod
printf 'package m\n\nimport "testing"\n\nfunc TestPasses(t *testing.T) {}\n' >module/m_test.go
# Requests and answers are lines of JSON (go doc cmd/go/internal/cacheprog); the body of a put is a separate line.
cat >keeper.cjs <<'JS'
const { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const store = process.argv[2];
mkdirSync(store, { recursive: true });
appendFileSync(`${store}/started`, '.');
const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`);
const place = (kind, id) => `${store}/${kind}-${Buffer.from(id, 'base64').toString('hex')}`;
let waiting;
const put = ({ ID, ActionID, OutputID }, body) => {
  const DiskPath = place('output', OutputID);
  writeFileSync(DiskPath, body);
  writeFileSync(place('action', ActionID), JSON.stringify({ OutputID, Size: body.length, Time: new Date().toISOString(), DiskPath }));
  say({ ID, DiskPath });
};
say({ ID: 0, KnownCommands: ['get', 'put', 'close'] });
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  if (line === '') return;
  const request = JSON.parse(line);
  if (waiting !== undefined) {
    put(waiting, Buffer.from(request, 'base64'));
    waiting = undefined;
  } else if (request.Command === 'put') {
    if (request.BodySize > 0) waiting = request;
    else put(request, '');
  } else if (request.Command === 'get') {
    const known = place('action', request.ActionID);
    say({ ID: request.ID, ...(existsSync(known) ? JSON.parse(readFileSync(known, 'utf8')) : { Miss: true }) });
  } else if (request.Command === 'close') {
    say({ ID: request.ID });
    process.exit(0);
  }
});
JS
node=$(command -v node)
changed=0
for version in 1.24.13 1.27.4; do
  root=$(GOTOOLCHAIN=go$version go env GOROOT)
  in_module() { (cd module && env -i HOME="$work/home" PATH=/usr/bin:/bin GOTOOLCHAIN=local CGO_ENABLED=0 GOCACHE="$work/cache-$version$another" GOCACHEPROG="$node $work/keeper.cjs $work/store-$version" "$root/bin/go" "$@"); }
  run() { case $(in_module test .) in *'(cached)'*) echo cached ;; *ok*) echo run ;; *) echo failed ;; esac; }
  started() { wc -c <"$work/store-$version/started"; }
  another=
  seen="$(run) $(run)"
  for flags in -cache '-cache -testcache' -testcache; do
    before=$(started)
    # shellcheck disable=SC2086
    in_module clean $flags
    [ "$(started)" = "$before" ] || seen="$seen told"
    [ "$flags" != -testcache ] || seen="$seen $(another=-of-another-job && run)"
    seen="$seen $(run)"
  done
  echo "go$version: $seen (twice; after -cache; after both; after -testcache with another GOCACHE, and with its own)"
  [ "$seen" = 'run cached cached cached cached run' ] || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: other test runs come from the cache'; exit 1; }
echo 'as stated: neither the cache of the program nor the test result is cleaned'
