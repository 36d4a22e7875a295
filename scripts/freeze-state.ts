/** `npm run freeze-state NAME`: keeps the state as this version writes it in test/fixtures/state/NAME.json, for later versions to read. One that is there stays. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { freeze, writeState } from '../test/unit/store/written-state.ts';

const name = process.argv[3] ?? '';
if (!/^v\d+$/.test(name)) throw new Error('name it as the ones in test/fixtures/state are: v2');
const top = mkdtempSync(path.join(os.tmpdir(), 'godrift-freeze-'));
try {
  await writeState(top);
  const file = path.resolve(import.meta.dirname, `../test/fixtures/state/${name}.json`);
  writeFileSync(file, `${JSON.stringify(freeze(top), null, 2)}\n`, { flag: 'wx' });
  process.stdout.write(`${file}\n`);
} finally {
  rmSync(top, { recursive: true, force: true });
}
