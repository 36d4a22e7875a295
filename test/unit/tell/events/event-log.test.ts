/** The event log beside a real journal and real files: nothing lost and nothing twice, whatever happens to the file or to the process. */
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventLogCursor, openEventLog } from '../../../../src/cli/wire/event-log.ts';
import type { DriftRecord } from '../../../../src/drift/events.ts';
import { openStore } from '../../../../src/store/open.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { noon, scratch } from '../../store/scratch.ts';
import { driftRecord } from '../states.ts';

const enough = 20_000;

/** A directory with a state and a place for logs. */
async function place() {
  const directory = await scratch();
  const file = path.join(directory, 'events.log');
  return { state: path.join(directory, 'state'), directory, file };
}

interface Options {
  readonly maxBytes?: number;
  readonly limitBytes?: number;
  readonly segmentBytes?: number;
}

/** One life of an exporter with an event log. */
async function life({ state, file }: { state: string; file: string }, options: Options = {}) {
  const { segmentBytes } = options;
  const store = await openStore(state, {
    now: () => noon,
    cursors: [eventLogCursor],
    ...(segmentBytes === undefined ? {} : { segmentBytes }),
  });
  if ('busy' in store) throw new Error(store.why);
  onTestFinished(() => store.close());
  const said: string[] = [];
  const log = createLog('info', 'logfmt', (line) => said.push(line));
  const settings = { file, maxBytes: options.maxBytes ?? 1 << 20, keep: 3 };
  const opened = await openEventLog(store, settings, options.limitBytes ?? 1 << 30, log);
  if (opened === undefined) throw new Error('no event log');
  let count = 0;
  return {
    store,
    said,
    kick: () => opened.kick(),
    stats: opened.stats,
    /** Records that many events. */
    async tell(events: number) {
      for (let last = count + events; count < last; count++) await store.keep(driftRecord);
    },
    /** Writes what is behind and ends, as a stop does. */
    async end() {
      await opened.flush(enough);
      await store.close();
    },
    /** Writes what is behind; a kill may come then. */
    async written() {
      opened.kick();
      await expect.poll(() => opened.stats().pending, { timeout: enough }).toBe(0);
    },
  };
}

/** Sequence numbers in a log and in what was rotated, oldest first. */
function sequences(file: string, ...rotated: readonly string[]): readonly number[] {
  return [...rotated, file].flatMap((name) =>
    readFileSync(name, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line).context.journal.sequence as number),
  );
}

const through = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

test('each line of the journal is one line, 0600 whatever the umask', async () => {
  const at = await place();
  const umask = process.umask(0o277);
  try {
    const one = await life(at);
    await one.tell(5);
    await one.written();
    expect(one.stats()).toEqual({ written: 5, pending: 0, errors: 0, dropped: 0 });
    await one.end();
  } finally {
    process.umask(umask);
  }
  expect(sequences(at.file)).toEqual(through(5));
  expect(statSync(at.file).mode & 0o777).toBe(0o600);
});

test('what was written before a kill is not written again, though the cursor knows nothing of it', async () => {
  const at = await place();
  const one = await life(at);
  await one.tell(4);
  await one.written();
  const cursor = path.join(at.state, 'cursors', `${eventLogCursor}.json`);
  await one.end();
  // As a kill between the write and the cursor leaves it, and in the middle of the next line.
  writeFileSync(cursor, JSON.stringify({ schema: 1, seq: 0, hash: '0'.repeat(64) }));
  appendFileSync(at.file, '{"alert_id":"torn');
  const two = await life(at);
  await two.tell(3);
  await two.end();
  expect(sequences(at.file)).toEqual(through(7));
});

test('a log of another journal says nothing about this one', async () => {
  const at = await place();
  const one = await life(at);
  await one.tell(6);
  await one.end();
  rmSync(at.state, { recursive: true });
  const two = await life(at);
  const other: DriftRecord = { ...driftRecord, target: 'other' };
  await two.store.keep(other);
  await two.end();
  expect(sequences(at.file)).toEqual([...through(6), 1]);
});

test('it is rotated by size, keeps a number of files, and loses nothing over kills', async () => {
  const at = await place();
  for (let round = 0; round < 4; round++) {
    const one = await life(at, { maxBytes: 6_000 });
    for (let each = 0; each < 5; each++) {
      await one.tell(1);
      await one.written();
    }
    await one.end();
  }
  const names = readdirSync(at.directory)
    .filter((name) => name.startsWith('events.log'))
    .sort();
  expect(names).toEqual(['events.log', 'events.log.1', 'events.log.2', 'events.log.3']);
  for (const name of names) {
    const { mode, size } = statSync(path.join(at.directory, name));
    expect([mode & 0o777, size < 6_000]).toEqual([0o600, true]);
  }
  const found = sequences(at.file, `${at.file}.3`, `${at.file}.2`, `${at.file}.1`);
  expect(found).toEqual(through(20).slice(20 - found.length));
});

test("a rotation takes no name that is another program's: that is said, and events wait", async () => {
  const at = await place();
  const other = `${at.file}.2`;
  writeFileSync(other, 'a year of another program\n');
  const one = await life(at, { maxBytes: 3_000 });
  await one.tell(3);
  await one.written();
  await one.tell(3);
  one.kick();
  await expect.poll(() => one.stats().errors, { timeout: enough }).toBeGreaterThan(0);
  expect(one.said.join('\n')).toContain('it holds something else than events');
  expect(readFileSync(other, 'utf8')).toBe('a year of another program\n');
  rmSync(other);
  await one.written();
  await one.end();
});

test.each([
  ['moved, as logrotate does', (file: string) => renameSync(file, `${file}.1`)],
  [
    'copied and cut, as logrotate does with copytruncate',
    (file: string) => {
      writeFileSync(`${file}.1`, readFileSync(file));
      truncateSync(file, 0);
    },
  ],
])('a file that was %s is opened anew, in a life and between two', async (_, rotate) => {
  const at = await place();
  const one = await life(at);
  await one.tell(3);
  await one.written();
  rotate(at.file);
  await one.tell(2);
  await one.written();
  expect(sequences(at.file, `${at.file}.1`)).toEqual(through(5));
  await one.end();
  rotate(at.file);
  const two = await life(at);
  await two.tell(2);
  await two.end();
  expect(sequences(at.file)).toEqual([6, 7]);
});

test('a mode that a user gave the file stays', async () => {
  const at = await place();
  writeFileSync(at.file, '');
  chmodSync(at.file, 0o640);
  const one = await life(at);
  await one.tell(1);
  await one.end();
  expect(statSync(at.file).mode & 0o777).toBe(0o640);
});

test.each([
  ['a link', (file: string, other: string) => symlinkSync(other, file), 'it is a symbolic link'],
  ['a link that leads nowhere', (file: string) => symlinkSync('/nonexistent', file), 'it is a symbolic link'],
  [
    'a second name of a file',
    (file: string, other: string) => linkSync(other, file),
    'it has a second name (a hard link)',
  ],
  [
    'a file of something else',
    (file: string) => writeFileSync(file, '{"a key": "of somebody"}'),
    'it holds something else than events',
  ],
  ['a pipe', (file: string) => execFileSync('mkfifo', [file]), 'it is no regular file'],
  ['a directory', (file: string) => mkdirSync(file), 'it is no regular file'],
])(
  'nothing is written through %s: it is said once, counted, and written when it is gone',
  async (_, make, why) => {
    const at = await place();
    const other = path.join(at.directory, 'other');
    writeFileSync(other, 'mine\n');
    make(at.file, other);
    const one = await life(at);
    await one.tell(2);
    one.kick();
    await expect.poll(() => one.stats().errors, { timeout: enough }).toBe(1);
    one.kick();
    await expect.poll(() => one.stats().errors, { timeout: enough }).toBe(2);
    expect(one.stats()).toMatchObject({ pending: 2, written: 0 });
    expect(one.said.filter((line) => line.includes(why))).toHaveLength(1);
    expect(readFileSync(other, 'utf8')).toBe('mine\n');
    rmSync(at.file, { recursive: true });
    await one.written();
    expect(sequences(at.file)).toEqual(through(2));
    await one.end();
  },
);

test('events wait while the file cannot be written, and beyond the bound the oldest are given up', async () => {
  const at = await place();
  const one = await life(at, { segmentBytes: 4_000, limitBytes: 12_000 });
  mkdirSync(at.file);
  await one.tell(30);
  one.kick();
  await expect.poll(() => one.stats().dropped, { timeout: enough }).toBeGreaterThan(5);
  const { dropped } = one.stats();
  rmSync(at.file, { recursive: true });
  await one.written();
  await one.end();
  expect(sequences(at.file)).toEqual(through(30).slice(dropped));
});

test('while its cursor cannot be read nothing is written twice: the read is retried', async () => {
  const at = await place();
  const one = await life(at);
  await one.tell(2);
  await one.end();
  const cursor = path.join(at.state, 'cursors', `${eventLogCursor}.json`);
  const store = await openStore(at.state, { now: () => noon });
  if ('busy' in store) throw new Error(store.why);
  const log = createLog('info', 'logfmt', () => {});
  renameSync(cursor, `${cursor}.away`);
  mkdirSync(cursor);
  const settings = { file: at.file, maxBytes: 1 << 20, keep: 3 };
  await expect(openEventLog(store, settings, 1 << 30, log)).rejects.toThrow(
    `cannot read cursor ${eventLogCursor}`,
  );
  rmSync(cursor, { recursive: true });
  renameSync(`${cursor}.away`, cursor);
  await store.keep(driftRecord);
  const again = await openEventLog(store, settings, 1 << 30, log);
  await again?.flush(enough);
  await store.close();
  expect(sequences(at.file)).toEqual(through(3));
});

test('a disabled event log holds back no journal lines, and a re-enabled one begins at the current line', async () => {
  const at = await place();
  const one = await life(at);
  await one.tell(2);
  await one.end();
  const cursor = path.join(at.state, 'cursors', `${eventLogCursor}.json`);
  expect(existsSync(cursor)).toBe(true);
  const store = await openStore(at.state, { now: () => noon });
  if ('busy' in store) throw new Error(store.why);
  expect(
    await openEventLog(
      store,
      undefined,
      1 << 30,
      createLog('info', 'logfmt', () => {}),
    ),
  ).toBeUndefined();
  await store.keep(driftRecord);
  await store.close();
  expect(existsSync(cursor)).toBe(false);
  const two = await life(at);
  await two.tell(1);
  await two.end();
  expect(sequences(at.file)).toEqual([1, 2, 4]);
});
