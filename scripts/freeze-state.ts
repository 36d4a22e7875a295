/**
 * `npm run freeze-state NAME`: writes the state directory of this version to test/fixtures/state/NAME.json,
 * which later versions must be able to read. An existing file is not overwritten.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { freeze, writeState } from '../test/unit/store/written-state.ts';

const name = process.argv[3] ?? '';
if (!/^v\d+$/.test(name)) throw new Error('give a name like those in test/fixtures/state: v2');
const top = mkdtempSync(path.join(os.tmpdir(), 'godrift-freeze-'));
try {
  await writeState(top);
  const file = path.resolve(import.meta.dirname, `../test/fixtures/state/${name}.json`);
  writeFileSync(file, `${JSON.stringify(freeze(top), null, 2)}\n`, { flag: 'wx' });
  process.stdout.write(`${file}\n`);
} finally {
  rmSync(top, { recursive: true, force: true });
}
