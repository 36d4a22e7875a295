import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test, vi } from 'vitest';
import { acquireInodeLock } from '../../../src/host/inode-lock.ts';
import { emptyTarget, saveTargetState } from '../../../src/store/baselines.ts';
import { readCursorFile, writeCursor } from '../../../src/store/cursor.ts';
import {
  appendJournal,
  type JournalRecord,
  journalDirectory,
  readJournal,
  verifyJournal,
} from '../../../src/store/journal.ts';
import { openStore } from '../../../src/store/open.ts';
import { setGuard } from '../../../src/store/state-directory.ts';
import type { Store, StoreOptions } from '../../../src/store/store.ts';
import { letWait, noneWaits, waitingLimits } from '../../../src/store/waiting.ts';
import { readWitnesses } from '../../../src/store/witness.ts';
import { noon, scratch } from './scratch.ts';

async function open(directory: string, options: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore(directory, { now: () => noon, ...options });
  if ('busy' in store) throw new Error(store.why);
  onTestFinished(() => store.close());
  return store;
}

const fresh = async () => path.join(await scratch(), 'state');
const record = (summary: string): JournalRecord => ({ type: 'drift', summary }) as JournalRecord;

async function summaries(store: Store): Promise<unknown[]> {
  const found = [];
  for await (const line of readJournal(journalDirectory(store.state.path)))
    found.push(line.record['summary'] ?? line.record['reason']);
  return found;
}

const verify = async (store: Store) =>
  verifyJournal(journalDirectory(store.state.path), readWitnesses(store.state.path).witnesses);

/** Runs `work` while a file stands in place of the journal’s folder, so that nothing can be written there. */
async function blocked(store: Store, work: () => Promise<void>): Promise<void> {
  const directory = journalDirectory(store.state.path);
  await rename(directory, `${directory}.away`).catch(() => {});
  await writeFile(directory, '');
  await work();
  await rm(directory);
  await rename(`${directory}.away`, directory).catch(() => {});
}

test('a state directory has one holder at a time; opening it removes leftovers of killed writers, closing releases the lock', async () => {
  const directory = await fresh();
  await mkdir(directory, { mode: 0o700 });
  await writeFile(path.join(directory, 'key.1234abcd'), '');
  await utimes(path.join(directory, 'key.1234abcd'), 1000, 1000);
  const store = await open(directory);
  expect(await readdir(directory)).toEqual(['admin.sock']);
  expect(await openStore(directory, { now: () => noon })).toMatchObject({ busy: true });
  await store.close();
  expect(await readdir(directory)).toEqual([]);
  expect((await open(directory)).unheld()).toBeUndefined();
});

test('nothing is written in any way after the lock was released', async () => {
  const directory = await fresh();
  const store = await open(directory);
  const journal = store.journal();
  if (journal === undefined) throw new Error('no journal');
  await store.keep(record('a'));
  await store.close();
  const next = await open(directory);
  expect(await store.keep(record('late'))).toBe(false);
  expect(await appendJournal(journal, record('late'))).toMatchObject({
    ok: false,
    problem: expect.stringContaining('it is closed'),
  });
  await store.moveCursor('otlp', { seq: 1, hash: 'a'.repeat(64) });
  await store.retry();
  expect((await saveTargetState(store.state, 'api', emptyTarget('api'))).ok).toBe(false);
  expect(readCursorFile(directory, 'otlp')).toEqual({});
  await next.keep(record('b'));
  expect(await summaries(next)).toEqual(['a', 'b']);
  expect(await verify(next)).toMatchObject({ ok: true, lines: 2 });
});

test('closing refuses new records at once, writes the accepted ones, and does not report a disk problem', async () => {
  const store = await open(await fresh());
  let learn = () => {};
  const learning = new Promise<void>((resolve) => {
    learn = resolve;
  });
  const before = store.keep(record('learned'), undefined, async () => {
    await learning;
    return { ok: true, value: undefined };
  });
  const closed = store.close();
  expect(store.closing()).toBe(true);
  expect(await store.keep(record('late'))).toBe(false);
  let ran = false;
  await store.replace('memory', async () => {
    ran = true;
    return { ok: true, value: undefined };
  });
  learn();
  expect(await before).toBe(true);
  await closed;
  expect(await saveTargetState(store.state, 'api', emptyTarget('api'))).toMatchObject({ ok: false });
  expect(store.state).toMatchObject({ problem: undefined, errors: 0, writable: true });
  expect(await summaries(store)).toEqual(['learned']);
  expect(ran).toBe(false);
});

test.runIf(process.platform === 'linux')(
  'the directory stays held if admin.sock is removed, and is free after close',
  async () => {
    const directory = await fresh();
    const store = await open(directory);
    await rm(path.join(directory, 'admin.sock'));
    expect(await openStore(directory, { now: () => noon })).toMatchObject({
      busy: true,
      why: `process ${process.pid} holds ${directory}, though its admin.sock was removed`,
    });
    expect(await readdir(directory)).toEqual([]); // the second opener took nothing and left nothing
    await store.close();
    expect((await open(directory)).unheld()).toBeUndefined();
  },
);

test.runIf(process.platform === 'linux')(
  'a directory counts as held if its holder is unknown because there is no /proc',
  async () => {
    const directory = await fresh();
    await mkdir(directory, { mode: 0o700 });
    const absent = path.join(await scratch(), 'proc');
    const first = await acquireInodeLock(directory, absent);
    if (!first.held) throw new Error(first.by);
    onTestFinished(() => first.release());
    expect(await acquireInodeLock(directory, absent)).toMatchObject({
      held: false,
      by: `a process unknown without ${absent}`,
    });
  },
);

test.runIf(process.platform === 'linux' && process.geteuid?.() === 0)(
  'another user who takes the lock’s name in the abstract namespace keeps no opener out',
  async () => {
    const directory = await scratch();
    await chmod(directory, 0o700);
    const lock = await acquireInodeLock(directory);
    if (lock.held) await lock.release();
    const name = execFileSync('stat', ['-c', 'godrift-state-%d-%i', directory], { encoding: 'utf8' });
    // The child drops root’s rights itself: only root may be able to reach the Node binary that runs this.
    const listen = `process.setgid(65534); process.setuid(65534); require('net').createServer().listen({ path: '\\0' + ${JSON.stringify(name.trim().padEnd(107, '-'))} }, () => console.log('up'))`;
    const other = spawn(process.execPath, ['-e', listen], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void other.kill('SIGKILL'));
    await once(other.stdout, 'data');
    const second = net.createServer().listen({ path: `\0${name.trim().padEnd(107, '-')}` });
    expect((await once(second, 'error'))[0]).toMatchObject({ code: 'EADDRINUSE' });
    expect((await open(directory)).unheld()).toBeUndefined();
  },
);

test('a directory that was replaced under its holder is not written into', async () => {
  const directory = await fresh();
  const first = await open(directory);
  await first.keep(record('a'));
  await rename(directory, `${directory}.old`);
  const second = await open(directory);
  expect(await first.keep(record('b'))).toBe(true); // the record waits in memory
  expect(first.state.problem).toBe('cannot write the journal: the state directory was moved or replaced');
  await second.keep(record('c'));
  expect(await summaries(second)).toEqual(['c']);
});

test('records that cannot be written wait in order with their times, and are written once that is possible', async () => {
  let now = noon;
  const store = await open(await fresh(), { now: () => now });
  await store.keep(record('before'));
  const saved: string[] = [];
  const save = (text: string) =>
    store.replace('memory', async () => {
      saved.push(text);
      return { ok: true, value: undefined };
    });
  await blocked(store, async () => {
    for (const text of ['a', 'b', 'c']) {
      now += 1000;
      expect(await store.keep(record(text))).toBe(true);
      await save(text);
    }
    await store.retry();
    expect(saved).toEqual([]); // the memory on disk is never ahead of the journal
    expect(store.writable()).toBe(false);
  });
  now += 1000;
  await store.retry();
  expect(store.writable()).toBe(true);
  expect(await summaries(store)).toEqual(['before', 'a', 'b', 'c']);
  expect(saved).toEqual(['c']);
  const times = [];
  for await (const line of readJournal(journalDirectory(store.state.path)))
    times.push(Date.parse(line.time) - noon);
  expect(times).toEqual([0, 1000, 2000, 3000]);
  expect(await verify(store)).toMatchObject({ ok: true, lines: 4 });
});

test('records still waiting at close are reported by the next process as a gap, even on a full disk', async () => {
  const directory = await fresh();
  const store = await open(directory);
  await store.keep(record('a'));
  const segment = path.join(directory, 'journal', 'journal-000000000001.jsonl');
  // No line can be appended any more, as on a full disk.
  await rename(segment, `${segment}.away`);
  await mkdir(segment);
  await store.keep(record('b'));
  await store.keep(record('c'));
  expect(store.unwritten()).toBe(2);
  await store.close();
  expect(store.unwritten()).toBe(2);
  await rm(segment, { recursive: true });
  await rename(`${segment}.away`, segment);
  for (const start of ['first', 'second']) {
    const next = await open(directory);
    expect(await summaries(next), start).toEqual(['a', 'not-written']);
    expect(await verify(next)).toMatchObject({ ok: true, lines: 2 });
    for await (const line of readJournal(journalDirectory(directory), { from: 2 }))
      expect(line.record).toMatchObject({ type: 'gap', appends: 2, stopped: new Date(noon).toISOString() });
    await next.close();
  }
});

test('an unresponsive disk is not waited for: records wait in order, and each is written once', async () => {
  const store = await open(await fresh(), { patienceMs: 50 });
  await store.keep(record('before'));
  await vi.waitUntil(() => store.writable() && store.unwritten() === 0, 100_000);
  const { errors } = store.state;
  let thaw: () => void = () => {};
  const { guard } = store.state;
  const frozen = new Promise<void>((resolve) => {
    thaw = resolve;
  });
  setGuard(store.state, async () => {
    await frozen;
    await guard();
  });
  const saved: string[] = [];
  const save = (text: string) =>
    store.replace('memory', async () => {
      saved.push(text);
      return { ok: true, value: undefined };
    });
  for (const text of ['a', 'b', 'c']) {
    expect(await store.keep(record(text), 'memory')).toBe(true);
    await save(text);
    await store.retry();
  }
  expect(store.writable()).toBe(false);
  expect(store.state).toMatchObject({
    errors: errors + 1,
    problem: expect.stringContaining('does not answer'),
  });
  expect(store.unwritten()).toBe(3);
  expect(saved).toEqual([]);
  thaw();
  await vi.waitUntil(() => store.writable() && store.unwritten() === 0 && saved.length > 0, 100_000);
  expect(saved).toEqual(['c']);
  expect(await summaries(store)).toEqual(['before', 'a', 'b', 'c']);
  expect(await verify(store)).toMatchObject({ ok: true, lines: 4 });
});

test('a memory that predates a newer record is dropped', async () => {
  const store = await open(await fresh());
  const saved: string[] = [];
  const save = (text: string) =>
    store.replace('memory', async () => {
      saved.push(text);
      return { ok: true, value: undefined };
    });
  await blocked(store, async () => {
    await store.keep(record('a'), 'memory');
    await save('a');
    await store.keep(record('b'), 'memory');
  });
  await store.retry();
  expect(saved).toEqual([]);
  await save('b');
  expect(saved).toEqual(['b']);
});

test('the queue is bounded: the oldest records stay, the others are counted in a gap line in their place', async () => {
  const store = await open(await fresh());
  await blocked(store, async () => {
    for (let at = 0; at < waitingLimits.records; at++)
      expect(await store.keep(record(String(at)))).toBe(true);
    for (let at = 0; at < 3; at++) expect(await store.keep(record('lost'))).toBe(false);
  });
  await store.retry();
  await store.keep(record('after'));
  const found = await summaries(store);
  expect(found).toHaveLength(waitingLimits.records + 2);
  expect([found[0], ...found.slice(-3)]).toEqual([
    '0',
    String(waitingLimits.records - 1),
    'not-written',
    'after',
  ]);
  expect(await verify(store)).toMatchObject({ ok: true });
});

test('the queue is bounded in bytes, and keeps the order', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 50 })), (texts) => {
      let waiting = noneWaits;
      for (const text of texts) waiting = letWait(waiting, { record: record(text), timeMs: 0 }) ?? waiting;
      expect(waiting.records.map((one) => (one.record as unknown as { summary: string }).summary)).toEqual(
        texts,
      );
    }),
  );
  const large = { record: record('x'.repeat(waitingLimits.bytes)), timeMs: 0 };
  expect(letWait(noneWaits, large)).toBeUndefined();
});

test('a directory that cannot be locked at first is locked as soon as possible, and waiting records are written', async () => {
  const base = await scratch();
  const directory = path.join(base, 'parent', 'state');
  await writeFile(path.join(base, 'parent'), ''); // ENOTDIR for everything below
  const store = await open(directory);
  expect(store.unheld()).toBeDefined();
  expect(await store.keep(record('early'))).toBe(true);
  await store.retry();
  expect(store.writable()).toBe(false);
  await rm(path.join(base, 'parent'));
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await store.retry();
  expect(store.unheld()).toBeUndefined();
  expect(store.writable()).toBe(true);
  expect(await summaries(store)).toEqual(['early']);
});

test('no opener prunes lines that any cursor on disk has not passed, even if that cursor is damaged', async () => {
  const directory = await fresh();
  const long = () => open(directory, { segmentBytes: 1 });
  const first = await long();
  await first.keep(record('0'));
  await writeCursor(first.state, 'otlp', { seq: 0, hash: '0'.repeat(64) });
  for (let at = 1; at < 40; at++) await first.keep(record(String(at)));
  await first.close();
  const second = await long(); // 32 segments are kept if no cursor needs more
  expect((await summaries(second))[0]).toBe('0');
  await writeFile(path.join(directory, 'cursors', 'otlp.json'), '{');
  await second.keep(record('more'));
  await second.close();
  const third = await long();
  expect((await summaries(third))[0]).toBe('0');
  await rm(path.join(directory, 'cursors'), { recursive: true });
  await writeFile(path.join(directory, 'cursors'), ''); // now the cursors cannot be listed
  await third.keep(record('more'));
  expect((await summaries(third))[0]).toBe('0');
});

test('an emptied journal fails verification, and the next line records the loss', async () => {
  for (const empty of [
    (folder: string) => rm(folder, { recursive: true }),
    (folder: string) => truncate(path.join(folder, 'journal-000000000001.jsonl'), 0),
  ]) {
    const directory = await fresh();
    const first = await open(directory);
    for (const text of ['a', 'b', 'c']) await first.keep(record(text));
    await first.replace('memory', ({ seq }) =>
      saveTargetState(first.state, 'api', { ...emptyTarget('api'), journalSeq: seq }),
    );
    await first.close();
    await empty(journalDirectory(directory));
    expect(await verify(first)).toMatchObject({
      ok: false,
      firstBroken: {
        seq: 1,
        why: expect.stringMatching(/^lines 1 to 3 are missing, which targets\/.*state.json knows$/),
      },
    });
    const second = await open(directory);
    await second.keep(record('d'));
    expect(await summaries(second)).toEqual(['changed-outside', 'd']);
    expect(await verify(second)).toMatchObject({
      ok: false,
      firstBroken: { seq: 4, why: expect.stringContaining('lines 1 to 3 are missing') },
    });
  }
});

test('verification compares a line that a cursor passed with the digest in the cursor', async () => {
  const directory = await fresh();
  const store = await open(directory);
  await store.keep(record('a'));
  const head = store.journal()?.head;
  if (head === undefined) throw new Error('no head');
  await store.moveCursor('otlp', head);
  expect(await verify(store)).toMatchObject({ ok: true });
  await store.moveCursor('otlp', { ...head, hash: 'b'.repeat(64) });
  expect(await verify(store)).toMatchObject({
    ok: false,
    firstBroken: {
      seq: 1,
      why: 'line 1 is another one than cursors/otlp.json knows (bbbbbbbbbbbbbbbb): it was rewritten, or a line before it',
    },
  });
});

test('a FIFO, directory or symlink named like a segment breaks the chain, with the reason, and is not overwritten', async () => {
  const directory = await fresh();
  const store = await open(directory);
  await store.keep(record('a'));
  await store.close();
  const name = path.join(journalDirectory(directory), 'journal-000000000002.jsonl');
  for (const [make, why] of [
    [() => execFileSync('mkfifo', [name]), 'cannot be read: it is no regular file'],
    [() => mkdir(name), 'cannot be read: it is no regular file'],
    [
      () => execFileSync('ln', ['-s', 'journal-000000000001.jsonl', name]),
      'cannot be read: it is a symbolic link',
    ],
  ] as const) {
    await make();
    expect(await verify(store)).toMatchObject({ ok: false, firstBroken: { line: 1, seq: 2, why } });
    await expect(openStore(directory, { now: () => noon })).rejects.toThrow('journal-000000000002.jsonl');
    await rm(name, { recursive: true });
  }
});

test('a record waits until its precondition is stored, and later records wait behind it in order', async () => {
  const store = await open(await fresh());
  let made = false;
  const first = async () => {
    return made ? ({ ok: true, value: undefined } as const) : ({ ok: false, problem: 'full' } as const);
  };
  expect(await store.keep(record('before'))).toBe(true);
  expect(await store.keep(record('learned'), undefined, first)).toBe(true);
  expect(await store.keep(record('drift'))).toBe(true);
  await store.retry();
  expect(await summaries(store)).toEqual(['before']);
  expect(store.writable()).toBe(false);
  made = true;
  await store.retry();
  expect(await summaries(store)).toEqual(['before', 'learned', 'drift']);
  expect(store.writable()).toBe(true);
});
