import { expect, test } from 'vitest';
import { AppError } from '../../../../src/catalog/errors.ts';
import { whenReadable } from '../../../../src/cli/wire/when-readable.ts';
import { openStore } from '../../../../src/store/open.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { scratch } from '../../store/scratch.ts';

async function logged() {
  const store = await openStore(`${await scratch()}/state`, { now: () => 0 });
  if ('busy' in store) throw new Error(store.why);
  const lines: string[] = [];
  return { store, lines, log: createLog('info', 'logfmt', (line) => lines.push(line)) };
}

test('waits while the journal cannot be read, logs each reason once, and opens afterwards', async () => {
  const { store, lines, log } = await logged();
  const faults: (Error | undefined)[] = [
    new AppError('cannot read cursor otlp', 'permission denied', 'make it readable'),
    new AppError('cannot read cursor otlp', 'permission denied', 'make it readable'),
    Object.assign(new Error('no'), { code: 'EIO' }),
    undefined,
  ];
  const open = whenReadable('spans', store, log, async () => {
    const fault = faults.shift();
    if (fault !== undefined) throw fault;
    return 'open';
  });
  expect([await open(), await open(), await open(), await open()]).toEqual([
    undefined,
    undefined,
    undefined,
    'open',
  ]);
  expect(lines.map((line) => line.replace(/.*msg=/, '').trim())).toEqual([
    expect.stringContaining('spans wait: cannot read cursor otlp: permission denied'),
    expect.stringContaining('spans wait: the journal cannot be read: input/output error'),
  ]);
  await store.close();
});

test('rethrows an error that is a bug', async () => {
  const { store, log } = await logged();
  const open = whenReadable('events', store, log, async () => {
    throw new TypeError('ours');
  });
  await expect(open()).rejects.toThrow('ours');
  await store.close();
});
