#!/usr/bin/env bash
# Of two fs.watch() on one directory by two paths, one misses all further changes without an event or an
# error.
#
# What:      Node 22.23.5, 24.22.3 and 26.12.1 (libuv) on Linux, fs.watch() of a directory and of a symlink to
#            it, both in one process.
# Behaviour: when the directory is removed and made again (as by `rm -rf && mkdir`, an unpacked release or a
#            restored cache), the watcher on the directory's own path gets `rename` with the directory's name,
#            which means "gone, watch again". The other watcher gets the same name, which is not the name of
#            its own path: it cannot know that the event concerns it, gets no error and no close, and is never
#            called again.
# Expected:  each watcher gets events about its own path, or an error when the watched directory is gone.
# Matters:   a service that follows /etc/app -> /opt/app-1 and also /opt/app-1 itself misses every change
#            after the first redeployment.
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
  console.log(`${process.version}: events of the removal ${first}; errors and closes: ${trouble.join(', ') || 'none'}; events of the file made later: ${JSON.stringify(said)}`);
  const told = JSON.parse(first);
  // Blind: no event names the link, nothing failed, and later changes cause no event.
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
echo 'as stated: the watcher on the symlink gets no more events, and no error'
