import {
  appendFile,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { sha256Hex } from '../../../src/host/digest.ts';
import { writeCursor } from '../../../src/store/cursor.ts';
import {
  appendJournal,
  closeJournal,
  followJournal,
  genesis,
  type Journal,
  type JournalLine,
  type JournalOptions,
  journalHead,
  journalTail,
  openJournal,
  readJournal,
  verifyJournal,
} from '../../../src/store/journal.ts';
import type { StateDirectory } from '../../../src/store/state-directory.ts';
import { noon, scratchState } from './scratch.ts';

async function open(state: StateDirectory, options: Partial<JournalOptions> = {}): Promise<Journal> {
  const journal = await openJournal(state, { now: () => noon, ...options });
  onTestFinished(() => closeJournal(journal));
  return journal;
}

async function append(journal: Journal, ...summaries: string[]): Promise<void> {
  for (const summary of summaries) {
    const record = { type: 'drift', summary } as const;
    expect(await appendJournal(journal, record)).toMatchObject({ ok: true });
  }
}

async function lines(journal: Journal, from?: number): Promise<JournalLine[]> {
  const found: JournalLine[] = [];
  for await (const line of readJournal(journal.directory, from === undefined ? {} : { from }))
    found.push(line);
  return found;
}

const summaries = async (journal: Journal) =>
  (await lines(journal)).map(({ record }) => record['summary'] ?? record['reason']);
const fileOf = (journal: Journal, first = 1) =>
  path.join(journal.directory, `journal-${String(first).padStart(12, '0')}.jsonl`);

/** Replaces one line of a file; the newline stays. */
async function replaceLine(file: string, number: number, change: (line: string) => string): Promise<void> {
  const all = (await readFile(file, 'utf8')).split('\n');
  all[number - 1] = change(all[number - 1] as string);
  await writeFile(file, all.join('\n'));
}

test('lines follow the contract: numbered, timed, chained, with trace ids last', async () => {
  const journal = await open(await scratchState());
  expect(journalHead(journal)).toEqual(genesis);
  const record = { type: 'drift', summary: 'a', trace_id: 't1', span_id: 's1', seq: 99, prev: 'x' } as const;
  await appendJournal(journal, record);
  await append(journal, 'b');
  const text = await readFile(fileOf(journal), 'utf8');
  const [first = '', second = '', end] = text.split('\n');
  expect(first).toBe(
    `{"seq":1,"time":"2026-11-22T08:15:30.123Z","type":"drift","summary":"a","prev":"${'0'.repeat(64)}","trace_id":"t1","span_id":"s1"}`,
  );
  expect(second).toBe(
    `{"seq":2,"time":"2026-11-22T08:15:30.123Z","type":"drift","summary":"b","prev":"${sha256Hex(first)}"}`,
  );
  expect(end).toBe('');
  expect(journalHead(journal)).toEqual({ seq: 2, hash: sha256Hex(second) });
  expect((await stat(fileOf(journal))).mode & 0o777).toBe(0o600);
  expect((await stat(journal.directory)).mode & 0o777).toBe(0o700);
});

test('any appended JSON is read back, over any segment size and any restarts', async () => {
  const value = fc.jsonValue().filter((one) => !Object.is(one, -0));
  const steps = fc.array(fc.record({ value, restart: fc.boolean() }), { maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 2000 }), async (sequence, segmentBytes) => {
      const state = await scratchState();
      let journal = await open(state, { segmentBytes });
      for (const step of sequence) {
        const record = { type: 'alert', value: step.value } as const;
        expect((await appendJournal(journal, record)).ok).toBe(true);
        if (!step.restart) continue;
        await closeJournal(journal);
        journal = await open(state, { segmentBytes });
      }
      await closeJournal(journal);
      const read = await lines(journal);
      expect(JSON.stringify(read.map(({ record }) => record['value']))).toBe(
        JSON.stringify(sequence.map((step) => step.value)),
      );
      expect(await verifyJournal(journal.directory)).toMatchObject({
        ok: true,
        lines: sequence.length,
        tornBytes: 0,
      });
      expect(journalHead(journal).seq).toBe(sequence.length);
    }),
    { numRuns: 60 },
  );
});

test('concurrent appends are written one after the other', async () => {
  const journal = await open(await scratchState());
  await Promise.all(Array.from({ length: 50 }, (_, at) => append(journal, String(at))));
  expect(await summaries(journal)).toEqual(Array.from({ length: 50 }, (_, at) => String(at)));
  expect(await verifyJournal(journal.directory)).toMatchObject({ ok: true, lines: 50 });
});

test('a torn last line is cut off, and a gap line records it', async () => {
  const state = await scratchState();
  const journal = await open(state);
  await append(journal, 'a', 'b');
  await closeJournal(journal);
  await appendFile(fileOf(journal), '{"seq":3,"ti');
  expect(await verifyJournal(journal.directory)).toMatchObject({ ok: true, lines: 2, tornBytes: 12 });
  const again = await open(state);
  expect((await lines(again)).at(-1)?.record).toMatchObject({
    seq: 3,
    type: 'gap',
    reason: 'torn-line',
    bytes: 12,
    digest: sha256Hex('{"seq":3,"ti'),
  });
  await append(again, 'c');
  expect(await summaries(again)).toEqual(['a', 'b', 'torn-line', 'c']);
  expect(await verifyJournal(journal.directory)).toMatchObject({ ok: true, lines: 4, tornBytes: 0 });
});

test('a first segment that holds only a torn line is started again', async () => {
  const state = await scratchState();
  const journal = await open(state);
  await mkdir(journal.directory);
  await writeFile(fileOf(journal), '{"se');
  const again = await open(state);
  await append(again, 'a');
  expect(await summaries(again)).toEqual(['torn-line', 'a']);
  expect(await readdir(journal.directory)).toHaveLength(1);
});

test('an empty last segment, left by a crash during rotation, breaks nothing', async () => {
  for (const first of [3, 7]) {
    const state = await scratchState();
    const journal = await open(state);
    await append(journal, 'a', 'b');
    await closeJournal(journal);
    await writeFile(fileOf(journal, first), '');
    const again = await open(state);
    await append(again, 'c');
    await closeJournal(again);
    expect(await readdir(journal.directory)).toEqual([
      'journal-000000000001.jsonl',
      'journal-000000000003.jsonl',
    ]);
    const third = await open(state);
    await append(third, 'd');
    expect(await summaries(third)).toEqual(['a', 'b', 'c', 'd']);
    expect(await verifyJournal(journal.directory)).toMatchObject({ ok: true, lines: 4 });
  }
});

test('an unreadable last line stays as evidence, is recorded, and the chain continues after it', async () => {
  const state = await scratchState();
  const journal = await open(state);
  await append(journal, 'a', 'b', 'c');
  await closeJournal(journal);
  await replaceLine(fileOf(journal), 3, () => '\0\0\0\0');
  const again = await open(state);
  await append(again, 'd');
  expect((await lines(again)).map(({ seq }) => seq)).toEqual([1, 2, 4, 5]);
  expect(await summaries(again)).toEqual(['a', 'b', 'unreadable-line', 'd']);
  expect(await verifyJournal(journal.directory)).toMatchObject({
    ok: false,
    firstBroken: { segment: 'journal-000000000001.jsonl', line: 3, seq: 3, why: 'is not JSON' },
  });
});

test('verification names the first broken line, wherever it is', async () => {
  const state = await scratchState();
  const journal = await open(state, { segmentBytes: 500 });
  await append(journal, ...'abcdefghij');
  await closeJournal(journal);
  const segments = (await readdir(journal.directory)).sort();
  expect(segments.length).toBeGreaterThan(3);
  const second = path.join(journal.directory, segments[1] as string);
  const first = Number((segments[1] as string).slice(8, 20));
  const original = await readFile(second, 'utf8');
  const broken = async () => (await verifyJournal(journal.directory)).firstBroken;
  // A changed line shows in the next line, which records the old digest.
  await replaceLine(second, 1, (line) => line.replace('"summary":"', '"summary":"x'));
  expect(await broken()).toMatchObject({
    segment: segments[1],
    line: 2,
    seq: first + 1,
    why: expect.stringContaining('line before'),
  });
  await writeFile(second, original);
  await replaceLine(second, 2, () => 'garbage');
  expect(await broken()).toMatchObject({ segment: segments[1], line: 2, seq: first + 1, why: 'is not JSON' });
  await writeFile(second, original.split('\n').slice(1).join('\n'));
  expect(await broken()).toMatchObject({
    segment: segments[1],
    line: 1,
    seq: first,
    why: `has the number ${first + 1}`,
  });
  await writeFile(second, original.slice(0, -5));
  expect(await broken()).toMatchObject({
    segment: segments[1],
    why: expect.stringContaining('without a newline'),
  });
  await rm(second);
  expect(await broken()).toMatchObject({
    segment: segments[2],
    line: 1,
    seq: first,
    why: expect.stringContaining('are missing'),
  });
  await writeFile(second, original);
  expect(await broken()).toBeUndefined();
});

test('a clock that goes backwards changes only the recorded times', async () => {
  const state = await scratchState();
  let now = noon;
  const journal = await open(state, { now: () => now, segmentBytes: 200 });
  for (const at of [noon, noon - 86_400_000, 0, noon + 5]) {
    now = at;
    await append(journal, String(at));
  }
  expect((await lines(journal)).map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect((await lines(journal))[2]?.time).toBe('1970-01-01T00:00:00.000Z');
  await closeJournal(journal);
  now = -1e12;
  expect(journalHead(await open(state, { now: () => now })).seq).toBe(4);
  expect(await verifyJournal(journal.directory)).toMatchObject({ ok: true, lines: 4 });
});

const firstSeq = async (journal: Journal) => (await lines(journal))[0]?.seq;

test('retention removes the oldest segments by count, but none that a cursor has not passed', async () => {
  const state = await scratchState();
  const options = { segmentBytes: 1, maxSegments: 3, maxAgeMs: 1000, cursors: ['otlp'] };
  const journal = await open(state, options);
  await append(journal, ...'abcdefgh');
  expect(await firstSeq(journal)).toBe(1); // the cursor has passed nothing yet
  await writeCursor(state, 'otlp', { seq: 2, hash: (await lines(journal))[1]?.hash as string });
  await append(journal, 'i');
  expect(await firstSeq(journal)).toBe(3);
  await writeCursor(state, 'otlp', { seq: 9, hash: journalHead(journal).hash });
  await append(journal, 'j');
  expect(await firstSeq(journal)).toBe(8);
  expect(await readdir(journal.directory)).toHaveLength(3);
});

/** Writes a journal with one line per segment at these times (ms after noon). */
async function writtenAt(state: StateDirectory, options: Partial<JournalOptions>, ...times: number[]) {
  let now = noon;
  const journal = await open(state, { segmentBytes: 1, maxAgeMs: 1000, ...options, now: () => now });
  for (const time of times) {
    now = noon + time;
    await append(journal, String(time));
  }
  await closeJournal(journal);
  return journal;
}

test('retention removes by age only lines that both the next line and the clock show to be old', async () => {
  const journal = await writtenAt(await scratchState(), {}, 0, 10, 1500, 1600, 1700, 1800);
  // Line 2 was current until line 3 was written, so it is less than a second old.
  expect(await summaries(journal)).toEqual(['10', '1500', '1600', '1700', '1800']);
  expect(await verifyJournal(journal.directory)).toMatchObject({ ok: true, first: 2, head: { seq: 6 } });
});

test.each([
  ['ahead', [0, 10, 20, 30, 9e9]],
  ['behind and right again', [0, 10, -9e9, -9e9, 30, 40]],
  ['ahead for one line', [0, 9e9, 20, 30, 40, 50]],
])('a clock that is %s makes no young line old', async (_, times) => {
  const state = await scratchState();
  const journal = await writtenAt(state, {}, ...times);
  const again = await open(state, { now: () => noon + 9e9, segmentBytes: 1, maxAgeMs: 1000 });
  expect(await firstSeq(again)).toBe(1);
  expect(await summaries(journal)).toHaveLength(times.length);
});

test('retention goes by count alone if no cursor is in use', async () => {
  const journal = await open(await scratchState(), { segmentBytes: 1, maxSegments: 2 });
  await append(journal, ...'abcde');
  expect(await summaries(journal)).toEqual(['d', 'e']);
});

test('an unwritable journal reports each failed append, and continues with a gap line once it is writable', async () => {
  const state = await scratchState();
  const journal = await open(state);
  await append(journal, 'a');
  await closeJournal(journal);
  await rename(journal.directory, `${journal.directory}.away`);
  await writeFile(journal.directory, 'in the way');
  const blocked = await open(state);
  const failed = await appendJournal(blocked, { type: 'drift' });
  expect(failed).toMatchObject({ ok: false, problem: expect.stringContaining('cannot write the journal') });
  await appendJournal(blocked, { type: 'drift' });
  expect(state).toMatchObject({ errors: 3, writable: false }); // opening the journal counts as an error too
  expect(journalHead(blocked)).toEqual(genesis);
  await rm(journal.directory);
  await append(blocked, 'b');
  expect((await lines(blocked)).map(({ record }) => record)).toMatchObject([
    { seq: 1, type: 'gap', reason: 'not-written', appends: 2 },
    { seq: 2, type: 'drift', summary: 'b' },
  ]);
  expect(state).toMatchObject({ errors: 3, writable: true });
});

test('a record that is too large is refused, and later records are written', async () => {
  const state = await scratchState();
  const journal = await open(state);
  const record = { type: 'drift', summary: 'x'.repeat(17 * 1024 * 1024) } as const;
  expect(await appendJournal(journal, record)).toMatchObject({ ok: false });
  await append(journal, 'a');
  expect(await summaries(journal)).toEqual(['not-written', 'a']);
});

test('a segment truncated or removed during writing leaves a hole, which a gap line records', async () => {
  for (const meddle of [(file: string) => truncate(file, 0), (file: string) => rm(file)]) {
    const journal = await open(await scratchState());
    await append(journal, 'a', 'b');
    await meddle(fileOf(journal));
    await append(journal, 'c');
    const read = await lines(journal);
    expect(read.map(({ record }) => record)).toMatchObject([
      { seq: 3, type: 'gap', reason: 'changed-outside', last_seq: 2, found_seq: 0 },
      { seq: 4, summary: 'c' },
    ]);
  }
});

test('lines added by another process are continued', async () => {
  const state = await scratchState();
  const one = await open(state);
  await append(one, 'a');
  const other = await open(state);
  await append(other, 'b');
  await append(one, 'c');
  expect(await summaries(one)).toEqual(['a', 'b', 'c']);
  expect(await verifyJournal(one.directory)).toMatchObject({ ok: true, lines: 3 });
});

test('reading can begin at any line', async () => {
  const journal = await open(await scratchState(), { segmentBytes: 400 });
  await append(journal, ...'abcdefgh');
  for (let from = 1; from <= 9; from++) {
    expect((await lines(journal, from)).map(({ seq }) => seq)).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8].slice(from - 1),
    );
  }
});

test('a follower gets every line once, across segments, even if it starts before the journal exists', async () => {
  const state = await scratchState();
  const journal = await open(state, { segmentBytes: 400 });
  const abort = new AbortController();
  const seen: number[] = [];
  const following = (async () => {
    for await (const { seq } of followJournal(journal.directory, abort.signal, { everyMs: 10 })) {
      seen.push(seq);
      if (seq === 40) abort.abort();
    }
  })();
  for (let at = 0; at < 40; at++) await append(journal, String(at));
  await following;
  expect(seen).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
});

test.each([
  ['cut', async (file: string) => truncate(file, (await stat(file)).size - 20)],
  ['replaced by an older copy', (file: string) => copyFile(`${file}.older`, file)],
  ['emptied', (file: string) => truncate(file, 0)],
  ['removed', (file: string) => rm(file)],
])('a reader of a segment that was %s finds each later line once', async (_, damage) => {
  const journal = await open(await scratchState());
  const read = journalTail(journal.directory, 0);
  const next = async () => {
    const seen = [];
    for await (const { record } of read()) if (record.type === 'drift') seen.push(record['summary']);
    return seen;
  };
  await append(journal, 'a');
  await copyFile(fileOf(journal), `${fileOf(journal)}.older`);
  await append(journal, 'b', 'c');
  expect(await next()).toEqual(['a', 'b', 'c']);
  await damage(fileOf(journal));
  expect(await next()).toEqual([]);
  await append(journal, 'd');
  expect(await next()).toEqual(['d']);
  await append(journal, 'e', 'f');
  expect(await next()).toEqual(['e', 'f']);
  expect(await next()).toEqual([]);
});

test('opening a large journal reads only its end', async () => {
  const state = await scratchState();
  const journal = await open(state);
  await append(journal, 'x'.repeat(300_000), 'z', 'y'.repeat(200_000));
  await closeJournal(journal);
  // Garbage before the last lines is not read when the journal is opened, but verification finds it.
  await replaceLine(fileOf(journal), 1, () => 'garbage');
  const again = await open(state);
  expect(journalHead(again)).toEqual(journalHead(journal));
  expect((await verifyJournal(journal.directory)).firstBroken).toMatchObject({ line: 1, seq: 1 });
});
