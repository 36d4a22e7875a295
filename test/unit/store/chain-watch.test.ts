/**
 * The running exporter notices changes to the journal made by others, and does not reread an unchanged
 * journal.
 */
import { appendFile, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { expect, it, onTestFinished } from 'vitest';
import { ChainWatch } from '../../../src/store/chain-watch.ts';
import { FirstReading } from '../../../src/store/first-reading.ts';
import { appendJournal, closeJournal, type JournalRecord, openJournal } from '../../../src/store/journal.ts';
import { listSegments } from '../../../src/store/segments.ts';
import { noon, scratchState } from './scratch.ts';

const target = { name: 'api', workspace: '/src/api' };

async function lab(lines = 6) {
  const state = await scratchState();
  // Two lines per segment.
  const journal = await openJournal(state, { now: () => noon, segmentBytes: 500, maxSegments: 4 });
  onTestFinished(() => closeJournal(journal));
  const append = async (record: JournalRecord) =>
    expect(await appendJournal(journal, record)).toMatchObject({ ok: true });
  const add = async (count: number) => {
    for (let index = 0; index < count; index++)
      await append({ type: 'drift', summary: String(index).padEnd(80) } as JournalRecord);
  };
  const accept = () =>
    append({ type: 'baseline', kind: 'accepted', target: target.name, ...target } as JournalRecord);
  await accept();
  await add(lines);
  let clock = 0;
  const told: (string | undefined)[] = [];
  const watch = new ChainWatch({
    stateDirectory: state.path,
    journal: () => journal,
    targets: () => [target],
    now: () => noon,
    steady: () => clock,
    changed: (broken) => void told.push(broken),
  });
  const reading = new FirstReading(state.path, 1);
  const begin = () => watch.begin(reading);
  const look = async (afterMs = 2_000) => {
    clock += afterMs;
    await watch.look();
    return watch.intact();
  };
  const files = async () => (await listSegments(journal.directory)).map((segment) => segment.path);
  return { state, journal, add, accept, watch, begin, look, told, files, reading };
}

/** Changes a letter in a file, in place and with the same length. */
async function forge(file: string, was = '"type":"drift"', is = '"type":"drifT"'): Promise<void> {
  const text = await readFile(file, 'utf8');
  expect(text).toContain(was);
  await writeFile(file, text.replace(was, is));
}

it('finds a changed line in any segment, and ignores its own appends and the removals of retention', async () => {
  const { add, watch, begin, look, told, files } = await lab();
  expect(watch.intact()).toBeUndefined();
  await begin();
  expect(await look()).toBe(true);
  // Adds segments until retention removes the oldest ones.
  await add(9);
  expect(await look()).toBe(true);
  expect(await look(61_000)).toBe(true);
  expect(told).toEqual([]);
  const [, second = ''] = await files();
  await forge(second);
  expect(await look()).toBe(false);
  expect(told).toEqual([expect.stringMatching(/^journal-\d+\.jsonl:\d+ /)]);
  await add(1);
  expect(await look(61_000)).toBe(false);
  expect(told).toHaveLength(1);
});

it('finds a change in the growing segment: at once if the segment did not grow, otherwise within a minute', async () => {
  const { add, begin, look, files, told } = await lab(0);
  await add(1);
  await begin();
  const [only = ''] = await files();
  // No later line records the digest of the last line, so only an earlier reading can reveal that it changed.
  await forge(only, '"summary":"0', '"summary":"1');
  expect(await look()).toBe(false);
  expect(told[0]).toContain('another one than an earlier reading knows');

  const other = await lab(3);
  await other.begin();
  const last = (await other.files()).at(-1) ?? '';
  await forge(last);
  await other.add(1);
  expect(await other.look(61_000)).toBe(false);
});

it('finds segments that were truncated, removed or replaced', async () => {
  for (const change of [
    async (file: string) => await truncate(file, 0),
    async (file: string) => await rm(file),
    async (file: string) => {
      await writeFile(`${file}.new`, (await readFile(file, 'utf8')).replace('drift', 'drifT'));
      await rename(`${file}.new`, file);
    },
  ]) {
    const { begin, look, files } = await lab();
    await begin();
    expect(await look()).toBe(true);
    await change((await files())[1] ?? '');
    expect(await look()).toBe(false);
  }
});

it('trusts the journal again once a baseline is accepted after the break, and finds the next change', async () => {
  const { add, accept, begin, look, files, told } = await lab();
  await forge((await files())[1] ?? '');
  await begin();
  expect(await look()).toBe(false);
  await accept();
  expect(await look()).toBe(true);
  expect(told).toEqual([expect.any(String), undefined]);
  await add(4);
  expect(await look(61_000)).toBe(true);
  await appendFile((await files()).at(-2) ?? '', '{}\n');
  expect(await look()).toBe(false);
});

it('looks at most once a second, and keeps its verdict in between', async () => {
  const { begin, look, watch, files } = await lab();
  await begin();
  await look();
  await forge((await files())[1] ?? '');
  expect(await look(500)).toBe(true);
  expect(await look(500)).toBe(false);
  expect(watch.intact()).toBe(false);
});

it('reads the journal once for all readers, and continues after a line that breaks the chain', async () => {
  const { state, files } = await lab();
  await forge((await files())[0] ?? '', 'accepted', 'acceptee');
  const reading = new FirstReading(state.path, 3);
  const seen: [number[], number[]] = [[], []];
  const first = reading.read(1, ({ seq }) => void seen[0].push(seq));
  const second = reading.read(4, ({ seq }) => void seen[1].push(seq));
  reading.leave();
  await Promise.all([first, second]);
  expect(seen).toEqual([
    [1, 2, 3, 4, 5, 6, 7],
    [4, 5, 6, 7],
  ]);
  expect(await reading.verdict).toMatchObject({ ok: false, firstBroken: { seq: 2 } });
});
