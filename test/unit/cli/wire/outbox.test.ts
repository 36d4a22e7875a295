/** Spans that wait to be sent while the exporter restarts with another endpoint, or without one. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOutbox } from '../../../../src/cli/wire/outbox.ts';
import { openStore } from '../../../../src/store/open.ts';
import type { Store } from '../../../../src/store/store.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { noon, scratch } from '../../store/scratch.ts';
import { driftRecord } from '../../tell/states.ts';

const endpoint = 'OTEL_EXPORTER_OTLP_ENDPOINT';
/** An address that refuses every connection. */
const dead = 'http://127.0.0.1:1';

async function store(directory: string): Promise<Store> {
  const opened = await openStore(directory, { now: () => noon, cursors: ['otlp'] });
  if ('busy' in opened) throw new Error(opened.why);
  onTestFinished(() => opened.close().then(() => {}));
  return opened;
}

/** Runs one life of an exporter that writes `drifts` lines and sends their spans if it can. */
async function life(directory: string, env: Readonly<Record<string, string>>, drifts = 0) {
  const opened = await store(directory);
  const said: string[] = [];
  const log = createLog('info', 'logfmt', (line) => said.push(line));
  const outbox = await openOutbox(opened, new Map(Object.entries(env)), 1 << 30, log);
  for (let count = 0; count < drifts; count++) await opened.keep(driftRecord);
  outbox.kick();
  await outbox.flush(9_000);
  await opened.close();
  const cursor = JSON.parse(readFileSync(path.join(directory, 'cursors/otlp.json'), 'utf8'));
  return { ...outbox.stats(), seq: cursor.seq as number, said: said.join('') };
}

describe('the outbox of an exporter', () => {
  it.each([
    ['a mistyped address', { [endpoint]: '127.0.0.1:4318' }],
    ['no address', {}],
    ['the SDK switched off', { [endpoint]: dead, OTEL_SDK_DISABLED: 'true' }],
    ['no exporter of traces', { [endpoint]: dead, OTEL_TRACES_EXPORTER: 'none' }],
  ])('keeps waiting and new spans over a start with %s', async (_, env) => {
    const directory = path.join(await scratch(), 'state');
    // The first life has no endpoint; it leaves a cursor at the end of the journal.
    expect(await life(directory, {}, 1)).toMatchObject({ pending: 0, seq: 1 });
    expect(await life(directory, { [endpoint]: dead }, 1)).toMatchObject({ pending: 4, seq: 1 });
    const held = await life(directory, env, 1);
    expect(held).toMatchObject({ pending: 8, seq: 1 });
    expect(held.said).toContain('spans wait');
    expect(await life(directory, { [endpoint]: dead })).toMatchObject({ pending: 8, seq: 1 });
  });

  it('moves to the end of the journal if there was never an endpoint, even after a kill', async () => {
    const directory = path.join(await scratch(), 'state');
    expect(await life(directory, {}, 1)).toMatchObject({ pending: 0, seq: 1 });
    const killed = await store(directory);
    await killed.keep(driftRecord);
    await killed.close();
    const next = await life(directory, {}, 1);
    expect(next).toMatchObject({ pending: 0, seq: 3 });
    expect(next.said).toBe('');
  });
});
