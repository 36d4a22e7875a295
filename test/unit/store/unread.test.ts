/**
 * State files that exist but cannot be read at the moment, or that a newer godrift wrote, do not count as
 * missing. A symlink to itself stands in for a bad disk: the system refuses to open or list it, even for
 * root, and the file can be restored whole.
 */
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../../src/host/digest.ts';
import {
  approvedDirectory,
  pruneApproved,
  readRecords,
  writeApproved,
} from '../../../src/store/approved/approved.ts';
import { lookIntoJournal } from '../../../src/store/approved/intact.ts';
import { recordInForce } from '../../../src/store/approved/named.ts';
import type { ApprovedRecord } from '../../../src/store/approved/record.ts';
import { saveBaseline, saveTargetState } from '../../../src/store/baselines.ts';
import { readLedger, writeLedger } from '../../../src/store/cache-files.ts';
import { writeCursor } from '../../../src/store/cursor.ts';
import { hasOpenDrift, markGone } from '../../../src/store/gone.ts';
import { appendJournal, closeJournal, journalHead, openJournal } from '../../../src/store/journal.ts';
import { storeKey, targetFiles } from '../../../src/store/peek.ts';
import { openSecretKey } from '../../../src/store/secret-key.ts';
import type { StateDirectory } from '../../../src/store/state-directory.ts';
import { emptyNote, leaveNote, readNote } from '../../../src/store/unwritten.ts';
import { memoryFile, readWitnesses } from '../../../src/store/witness.ts';
import { peekMemory } from '../../../src/undo/keep-memory.ts';
import { emptyMemory } from '../../../src/undo/memory.ts';
import { noon, scratchState } from './scratch.ts';

const api = { name: 'api', workspace: '/src' };
const newer = '{"schema":9,"novel":1}\n';

/** Makes a file or directory unreadable. Returns the function that restores it. */
function unreadable(file: string): () => void {
  const aside = `${path.dirname(path.dirname(file))}/${path.basename(file)}.aside`;
  renameSync(file, aside);
  symlinkSync(path.basename(file), file);
  return () => {
    rmSync(file);
    renameSync(aside, file);
  };
}

/** Writes a journal of two lines, with a cursor after the second. */
async function witnessed(): Promise<StateDirectory> {
  const state = await scratchState();
  const journal = await openJournal(state, { now: () => noon });
  for (const summary of ['one', 'two'])
    await appendJournal(journal, { type: 'drift', summary, level: 'minor' } as never);
  await writeCursor(state, 'spans', journalHead(journal));
  await closeJournal(journal);
  return state;
}

describe('a witness of the journal', () => {
  it.each(['cursors/spans.json', 'cursors'])(
    'does not count as agreeing if it is unreadable: %s',
    async (name) => {
      const state = await witnessed();
      expect(await lookIntoJournal(state.path, api).whyNotIntact()).toBeUndefined();
      expect(readWitnesses(state.path)).toMatchObject({ witnesses: [{ seq: 2 }], left: [] });
      const restore = unreadable(path.join(state.path, name));
      expect(readWitnesses(state.path)).toMatchObject({
        witnesses: [],
        left: [expect.stringContaining(name)],
      });
      expect(await lookIntoJournal(state.path, api).whyNotIntact()).toMatch(
        /^journal: its last lines may be missing \(cannot (?:read|list) .*ELOOP\): make it readable/,
      );
      restore();
      expect(await lookIntoJournal(state.path, api).whyNotIntact()).toBeUndefined();
    },
  );

  it('is left alone and reported if it is of a newer version', async () => {
    const state = await witnessed();
    writeFileSync(memoryFile(state.path), newer);
    expect(readWitnesses(state.path).left).toEqual([
      expect.stringContaining('has schema 9 of a newer godrift'),
    ]);
    expect(await lookIntoJournal(state.path, api).whyNotIntact()).toContain('run the godrift that wrote it');
  });
});

describe('the memory of rollbacks', () => {
  it('is not treated as empty if it is unreadable or of a newer version', async () => {
    const state = await witnessed();
    const paused = { ...emptyMemory(), journalSeq: 2, paused: { who: 'ann', since: 1 } };
    writeFileSync(memoryFile(state.path), JSON.stringify(paused));
    expect(await peekMemory(state.path)).toEqual(paused);
    const aside = `${memoryFile(state.path)}.aside`;
    renameSync(memoryFile(state.path), aside);
    symlinkSync(path.basename(memoryFile(state.path)), memoryFile(state.path));
    await expect(peekMemory(state.path)).rejects.toThrow(/^cannot tell what was rolled back: .*ELOOP/);
    rmSync(memoryFile(state.path));
    writeFileSync(memoryFile(state.path), newer);
    await expect(peekMemory(state.path)).rejects.toThrow('has schema 9 of a newer godrift');
  });
});

const record: Omit<ApprovedRecord, 'snapshot'> = {
  schema: 1,
  target: api.name,
  workspace: api.workspace,
  time: noon,
  fingerprint: `sha256:${'a'.repeat(64)}`,
  entries: [],
};

describe('an approved record', () => {
  /** Returns the names of the stored files of the target. */
  const namesOf = (state: StateDirectory) => readdirSync(approvedDirectory(state.path, api)).sort();
  const later = Number.MAX_SAFE_INTEGER;

  async function kept() {
    const state = await scratchState();
    const written = await writeApproved(state, api, record, 'snapshot', []);
    if (!written.ok) throw new Error(written.problem);
    const directory = approvedDirectory(state.path, api);
    // A copy that no record refers to, which is what pruning removes.
    const stray = Buffer.from('stray');
    writeFileSync(path.join(directory, `${sha256Hex(stray)}.bytes`), stray);
    return { state, directory, digest: written.value };
  }

  it('is not pruned while it is unreadable, and neither are the bytes it refers to', async () => {
    const { state, directory, digest } = await kept();
    const all = namesOf(state);
    const file = path.join(directory, `${digest}.json`);
    const text = readFileSync(file);
    rmSync(file);
    symlinkSync(path.basename(file), file);
    expect(readRecords(state.path, api)).toMatchObject({
      records: [],
      left: [expect.stringContaining(digest)],
    });
    await pruneApproved(state, api, new Set([digest]), later);
    expect(namesOf(state)).toEqual(all);
    rmSync(file);
    writeFileSync(file, text);
    await pruneApproved(state, api, new Set([digest]), later);
    expect(namesOf(state)).toHaveLength(all.length - 1);
    expect(readRecords(state.path, api)).toMatchObject({ records: [{ digest }], left: [] });
  });

  it('is kept, with all that may belong to it, if it is of a newer version', async () => {
    const { state, directory } = await kept();
    writeFileSync(path.join(directory, `${sha256Hex(newer)}.json`), newer);
    const all = namesOf(state);
    await pruneApproved(state, api, new Set(), later);
    expect(namesOf(state)).toEqual(all);
    // Bytes that do not match the digest in the file name belong to no version.
    writeFileSync(path.join(directory, `${sha256Hex(newer)}.json`), `${newer}{}`);
    await pruneApproved(state, api, new Set(), later);
    expect(namesOf(state)).toHaveLength(all.length - 2);
  });

  it('does not count as missing if accepted.json is unreadable', async () => {
    const { state, digest } = await kept();
    const accepted = {
      kind: 'accepted',
      text: '#SNAPSHOT',
      fingerprint: '',
      time: noon,
      record: digest,
    } as const;
    await saveBaseline(state, storeKey(api), accepted);
    unreadable(path.join(targetFiles(state.path, api), 'accepted.json'));
    await expect(recordInForce(state.path, api)).rejects.toThrow(
      /^cannot roll api back: cannot read .*accepted\.json: ELOOP; make it readable/,
    );
  });
});

describe('the note of unwritten records', () => {
  it('is journalled once it is readable again, and not overwritten before', async () => {
    const state = await scratchState();
    await leaveNote(state.path, { records: 3, why: 'the disk is full', time: '2026-11-22T08:00:00Z' });
    const file = path.join(state.path, 'unwritten.json');
    const restore = unreadable(file);
    const journal = await openJournal(state, { now: () => noon });
    const line = { type: 'drift', summary: 'one', level: 'minor' } as never;
    expect((await appendJournal(journal, line)).ok).toBe(true);
    restore();
    expect(readNote(state.path).note).toMatchObject({ records: 3 });
    await appendJournal(journal, line);
    await closeJournal(journal);
    const text = readFileSync(path.join(journal.directory, 'journal-000000000001.jsonl'), 'utf8');
    const types = text
      .trimEnd()
      .split('\n')
      .map((one) => [JSON.parse(one).type, JSON.parse(one).appends]);
    expect(types).toEqual([
      ['drift', undefined],
      ['gap', 3],
      ['drift', undefined],
    ]);
    expect(readNote(state.path)).toEqual({});
  });

  it('is left alone if it is of a newer version', async () => {
    const state = await scratchState();
    const file = path.join(state.path, 'unwritten.json');
    writeFileSync(file, newer);
    expect(await emptyNote(state.path)).toBe(false);
    expect(await leaveNote(state.path, { records: 1, why: '', time: '' })).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe(newer);
  });
});

describe('the secret key', () => {
  it('is not replaced while it is unreadable, except by a temporary key if the caller allows that', async () => {
    const state = await scratchState();
    const { key } = await openSecretKey(state, noon);
    const restore = unreadable(path.join(state.path, 'key'));
    await expect(openSecretKey(state, noon)).rejects.toThrow(/^cannot read .*key: ELOOP/);
    expect(await openSecretKey(state, noon, { mayStandIn: true })).toMatchObject({ persisted: false });
    restore();
    expect((await openSecretKey(state, noon)).key).toEqual(key);
  });
});

describe('a target', () => {
  it('with unreadable state may have an open drift', async () => {
    const state = await scratchState();
    expect(hasOpenDrift(state.path, api)).toBe(false);
    await saveTargetState(state, storeKey(api), { drift: {} });
    expect(hasOpenDrift(state.path, api)).toBe(false);
    unreadable(path.join(targetFiles(state.path, api), 'state.json'));
    expect(hasOpenDrift(state.path, api)).toBe(true);
  });

  it('keeps the mark of a newer version that it is gone', async () => {
    const state = await scratchState();
    const file = path.join(targetFiles(state.path, api), 'gone.json');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, newer);
    await markGone(state, api, noon);
    expect(readFileSync(file, 'utf8')).toBe(newer);
  });
});

it('an unreadable ledger is not treated as a new one', async () => {
  const state = await scratchState();
  expect(readLedger(state.path, '/cache')).toEqual({});
  await writeLedger(state, '/cache', Buffer.from('ledger'));
  expect(readLedger(state.path, '/cache').bytes).toEqual(Buffer.from('ledger'));
  const [name = ''] = readdirSync(path.join(state.path, 'cache'));
  unreadable(path.join(state.path, 'cache', name));
  expect(readLedger(state.path, '/cache')).toEqual({ left: expect.stringContaining('ELOOP') });
});
