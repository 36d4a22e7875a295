// `godrift check` as a whole process in a warm workspace: CPU and wall time and memory, beside an empty Node program and an older build.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { costs } from './shared/cpu.js';
import { peakMb } from './shared/peak.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const rounds = 25;

export default {
  name: 'check',
  run({ older }) {
    if (process.platform !== 'linux') return [];
    const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-check-'));
    const workspace = path.join(home, 'app');
    mkdirSync(workspace);
    writeFileSync(path.join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    const options = { cwd: workspace, env: { HOME: home, PATH: process.env.PATH } };
    execFileSync(process.execPath, [program, 'version'], options);
    const checkWith = (file) => ({ args: [file, 'check'], options });
    const [empty, check, before] = costs(
      [{ args: ['-e', ''], options }, checkWith(program), ...(older === undefined ? [] : [checkWith(older)])],
      rounds,
    );
    const memory = peakMb([program, 'check'], options);
    rmSync(home, { recursive: true });
    const ms = (value) => `${value.toFixed(0)} ms`;
    const ofEmpty = check.cpu / empty.cpu;
    const ofOlder = before === undefined ? undefined : check.cpu / before.cpu;
    return [
      {
        what: 'check, wall',
        value: ms(check.wall),
        peer: `node -e '' ${ms(empty.wall)}`,
        ratio: check.wall / empty.wall,
        budget: '< 200 ms',
        ok: check.wall < 200,
      },
      {
        what: 'check, CPU',
        value: ms(check.cpu),
        peer: `node -e '' ${ms(empty.cpu)}`,
        ratio: ofEmpty,
        budget: '<= 2',
        ok: ofEmpty <= 2,
      },
      ...(ofOlder === undefined
        ? []
        : [
            {
              what: 'check, CPU',
              value: ms(check.cpu),
              peer: `older ${ms(before.cpu)}`,
              ratio: ofOlder,
              budget: '<= 0.3',
              ok: ofOlder <= 0.3,
            },
          ]),
      { what: 'check, peak memory', value: `${memory.toFixed(0)} MB`, budget: '< 60 MB', ok: memory < 60 },
    ];
  },
};
