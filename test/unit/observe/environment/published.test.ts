/** A file that publishes an environment, while it is being written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMachine } from '../../../../src/host/machine.ts';
import { readEnvironment } from '../../../../src/observe/environment/process-environment.ts';

let lab = '';
beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'published-'));
});
afterAll(() => rmSync(lab, { recursive: true }));

async function readingOf(text: string) {
  const path = join(lab, 'api.env');
  writeFileSync(path, text);
  const { reading, variables } = await readEnvironment(
    { environment: { from: 'file', path }, workspace: '' },
    readMachine(),
  );
  return [reading.reason, variables.size];
}

it('a published environment is malformed while its file is empty, as a shell creates it before writing', async () => {
  expect(await readingOf('')).toEqual(['malformed', 0]);
  expect(await readingOf('GOFLAGS=-v\0CI=true\0')).toEqual(['ok', 2]);
});
