// `godrift what-if` over a fleet of 5,000 saved snapshots, as a whole process: time and memory. A member has 300 entries, as a service with some 250 modules has.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { costs } from './shared/cpu.js';
import { peakMb } from './shared/peak.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const [members, pools, modules] = [5000, 20, 250];

/** Members differ in what decides: version, GOTOOLCHAIN, GOPROXY, flags, tools. */
function snapshotOf(index) {
  const entries = {
    'toolchain.origin': 'local',
    'toolchain.version': ['1.26.8', '1.26.0', '1.27.4', '1.24.13'][index % 4],
    'modules.go_mod': `sha256:${index.toString(16).padStart(64, '0')}`,
    ...(index % 3 === 0 ? {} : { 'env.GOTOOLCHAIN': ['local', 'auto'][index % 2] }),
    ...(index % 5 === 0 ? { 'env.GOPROXY': 'off' } : {}),
    ...(index % 7 === 0 ? { 'env.GOFLAGS': '-mod\\=mod' } : {}),
    ...(index % 2 === 0 ? { 'tools.gopls': `v0.20.0 go1.2${4 + (index % 3)}.1 h1:x` } : {}),
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, one) => [`env.NAME${one}`, `value ${one * (index % 9)}`]),
    ),
    ...Object.fromEntries(
      Array.from({ length: modules }, (_, one) => [
        `modules.example.com/group${one % 9}/module${one}`,
        `v1.${(one + index) % 40}.0 h1:${'A'.repeat(43)}`,
      ]),
    ),
  };
  const lines = Object.keys(entries)
    .sort()
    .map((key) => `${key}=${entries[key].replace(/(?<!\\)=/g, '\\=')}\n`);
  return `#SNAPSHOT v1 2026-11-29T10:00:00.000Z\n${lines.join('')}`;
}

export default {
  name: 'what-if',
  run() {
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-what-if-'));
    for (let index = 0; index < members; index++) {
      const folder = path.join(home, 'fleet', `pool${index % pools}`);
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(folder, `${index}.snapshot`), snapshotOf(index));
    }
    const options = { cwd: home, env: { HOME: home, PATH: process.env.PATH } };
    const args = ['what-if', '--set', 'go_mod.go=1.27', '--fleet', 'fleet', '--json'];
    const [taken] = costs([{ args: [program, ...args], options }], 3);
    const memory = peakMb([program, ...args], options);
    rmSync(home, { recursive: true });
    return [
      {
        what: `what-if, ${members} snapshots of ${modules + 45} entries, CPU`,
        value: `${(taken.cpu / 1000).toFixed(2)} s`,
        peer: `wall ${(taken.wall / 1000).toFixed(2)} s`,
        budget: '< 5 s',
        ok: taken.cpu < 5000,
      },
      { what: 'peak memory', value: `${memory.toFixed(0)} MB`, budget: '< 300 MB', ok: memory < 300 },
    ];
  },
};
