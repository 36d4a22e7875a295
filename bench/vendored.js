// `godrift check` of a repository with 10,000 vendored files, whose digest is on record since its baseline was accepted: CPU time, beside the same in a
// repository without them and beside an older build.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { costs } from './shared/cpu.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const modules = 200;
const filesEach = 50;
const rounds = 15;

/** A program that needs so many modules of 50 files each, all of them vendored as `go mod vendor` does it. */
function makeWorkspace(workspace, count) {
  const name = (index) => `example.com/dep${index}`;
  const listed = Array.from({ length: count }, (_, index) => name(index));
  mkdirSync(workspace, { recursive: true });
  const required = listed.map((one) => `require ${one} v1.0.0\n`).join('');
  writeFileSync(path.join(workspace, 'go.mod'), `module example.com/app\n\ngo 1.21\n\n${required}`);
  writeFileSync(
    path.join(workspace, 'main.go'),
    `package main\n\nimport (\n${listed.map((one) => `\t_ "${one}"\n`).join('')})\n\nfunc main() {}\n`,
  );
  if (count === 0) return;
  mkdirSync(path.join(workspace, 'vendor'));
  const text = listed.map((one) => `# ${one} v1.0.0\n## explicit; go 1.21\n${one}\n`).join('');
  writeFileSync(path.join(workspace, 'vendor/modules.txt'), text);
  for (const [index, one] of listed.entries()) {
    const folder = path.join(workspace, 'vendor', one);
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < filesEach; file++)
      writeFileSync(
        path.join(folder, `f${file}.go`),
        `package dep${index}\n\n// F${file} answers.\nfunc F${file}() int { return ${file} }\n// ${'x'.repeat(4_000)}\n`,
      );
  }
}

/** A workspace and a HOME of its own, with an accepted baseline of that program. */
async function accepted(home, name, count, file) {
  const own = path.join(home, name);
  const workspace = path.join(own, 'app');
  makeWorkspace(workspace, count);
  // Of files that changed a moment ago no stamp is kept.
  await delay(2_500);
  const options = { cwd: workspace, env: { HOME: own, PATH: process.env.PATH } };
  execFileSync(process.execPath, [file, 'baseline', 'accept', '--reason', 'bench'], {
    ...options,
    stdio: 'ignore',
  });
  return { args: [file, 'check'], options };
}

export default {
  name: 'vendored',
  async run({ older }) {
    if (process.platform !== 'linux') return [];
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-vendored-'));
    try {
      const [check, small, before] = costs(
        [
          await accepted(home, 'now', modules, program),
          await accepted(home, 'small', 0, program),
          ...(older === undefined ? [] : [await accepted(home, 'older', modules, older)]),
        ],
        rounds,
      );
      const ms = (value) => `${value.toFixed(0)} ms`;
      const what = `check, ${modules * filesEach} vendored files, CPU`;
      return [
        { what, value: ms(check.cpu), peer: `without them ${ms(small.cpu)}`, ratio: check.cpu / small.cpu },
        ...(before === undefined
          ? []
          : [
              {
                what,
                value: ms(check.cpu),
                peer: `older ${ms(before.cpu)}`,
                ratio: check.cpu / before.cpu,
                budget: '<= 0.3',
                ok: check.cpu / before.cpu <= 0.3,
              },
            ]),
      ];
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  },
};
