#!/usr/bin/env bash
# Two fs.watch() on one directory, by two paths: one of them goes blind without an event or an error.
#
# What:      Node 22.23.5, 24.22.3 and 26.12.1 (libuv) on Linux, fs.watch() of a directory and of a symbolic link to it, both in one process.
# Behaviour: when the directory is removed and made again (what `rm -rf && mkdir`, an unpacked release or a restored cache do), the watcher whose path
#            is the directory's own is told `rename` with the directory's name, which says "gone, watch again". The other is told the same name, which is
#            not the name of its own path: it cannot know that it was meant, gets no error and no close, and is never called again.
# Guessed:   each watcher hears of its own path, or gets an error when what it watched is gone.
# Matters:   a service that follows /etc/app -> /opt/app-1 and also /opt/app-1 itself misses every change after the first redeployment.
# Exit:      0 while it behaves so, 1 when that changed.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >probe.cjs <<'JS'
const { mkdirSync, rmdirSync, symlinkSync, watch, writeFileSync, rmSync } = require('node:fs');
const path = require('node:path');
const base = path.join(process.argv[2], 'world');
mkdirSync(path.join(base, 'real'), { recursive: true });
symlinkSync('real', path.join(base, 'link'));
const said = { real: [], link: [] };
const trouble = [];
for (const name of ['real', 'link'])
  watch(path.join(base, name), (event, file) => said[name].push(`${event} ${file}`)).on('error', (e) => trouble.push(`${name} ${e.code}`)).on('close', () => trouble.push(`${name} closed`));
const settle = () => new Promise((resolve) => setTimeout(resolve, 200));
(async () => {
  await settle();
  rmdirSync(path.join(base, 'real'));
  await settle();
  mkdirSync(path.join(base, 'real'));
  const first = JSON.stringify(said);
  said.real.length = said.link.length = 0;
  writeFileSync(path.join(base, 'real', 'later'), '');
  await settle();
  console.log(`${process.version}: removal told as ${first}; errors and closes: ${trouble.join(', ') || 'none'}; the file made later: ${JSON.stringify(said)}`);
  const told = JSON.parse(first);
  // Blind: nothing names the link, nothing failed, and what happens later is not heard.
  const blind = trouble.length === 0 && !told.link.some((one) => one.endsWith(' link')) && said.link.length === 0;
  rmSync(base, { recursive: true });
  process.exit(blind ? 0 : 1);
})();
JS
changed=0
for version in 22.23.5 24.22.3 26.12.1; do
  mkdir "node-$version"
  npm install --silent --no-audit --no-fund --ignore-scripts --prefix "node-$version" "node-linux-$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')@$version" >/dev/null
  "$(find "node-$version" -path '*/bin/node' -type f | head -n 1)" probe.cjs "$work" || changed=1
done
[ "$changed" = 0 ] || { echo 'CHANGED: the second watcher learns that its directory is gone'; exit 1; }
echo 'as stated: the watcher by the link is blind, and nothing says so'
