#!/usr/bin/env bash
# With GOCACHEPROG `go clean -cache` cleans a directory that is not used, and takes away what -testcache would have done.
#
# What:      Go 1.24.13 and 1.27.4, a GOCACHEPROG that keeps what it is given; one test that passed and is cached.
# Behaviour: `go clean -cache` exits 0 without a word; the program is not even started, and the next `go test` says "(cached)". `go clean -cache -testcache` does as little: the first flag makes go pass over
#            the second. `go clean -testcache` by itself works, for it notes a time in the directory of GOCACHE, which is made and read with GOCACHEPROG as well;
#            a go with another GOCACHE, and the same program, does not hear of it.
# Guessed:   an error, or a request to the program; the help says that "-cache" deletes all cached data. And two flags do at least what each of them does.
# Matters:   whoever cleans because something was cached that should not have been goes on with it. And a job of CI, which begins with an empty GOCACHE, takes results from
#            the shared program that were declared void.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
mkdir home module
printf 'module example.com/m\n\ngo 1.24\n' >module/go.mod
printf 'package m\n\nimport "testing"\n\nfunc TestPasses(t *testing.T) {}\n' >module/m_test.go
# Requests and answers are lines of JSON (go doc cmd/go/internal/cacheprog); the body of a put is a line of its own.
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
[ "$changed" = 0 ] || { echo 'CHANGED: another test is run'; exit 1; }
echo 'as stated: neither the program nor the test result is cleaned'
