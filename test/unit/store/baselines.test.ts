import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSnapshot } from '../../../src/drift/snapshot.ts';
import {
  emptyTarget,
  loadTargetState,
  replaceBaseline,
  type StoredBaseline,
  saveBaseline,
  saveTargetState,
  targetStateSchema,
} from '../../../src/store/baselines.ts';
import { readBaseline } from '../../../src/store/peek.ts';
import {
  loadLastSnapshot,
  removeOlderSnapshots,
  saveLastSnapshot,
  snapshotFingerprint,
  targetDirectory,
  targetId,
} from '../../../src/store/target-files.ts';
import { noon, scratchState } from './scratch.ts';

const full = {
  ...emptyTarget('api'),
  changes: { toolchain: { minor: 2, patch: 1 } },
  lastChange: { toolchain: noon },
  drift: {
    toolchain: {
      since: noon,
      traceId: 't',
      spanId: 's',
      eventSeq: 3,
      signature: 'x',
      level: 'minor',
      eventId: 'e',
    },
  },
  learning: { fingerprint: 'sha256:a', seen: 2 },
  baseline: {
    kind: 'accepted' as const,
    fingerprint: 'sha256:a',
    time: noon,
    who: 'ada',
    why: 'go 1.27 rollout',
  },
  lastFingerprints: { toolchain: 'sha256:b' },
};

const accepted: StoredBaseline = {
  kind: 'accepted',
  text: '#SNAPSHOT v1 2026-11-22T08:15:30.123Z\nenv.GOFLAGS=-mod\\=mod\n',
  fingerprint: 'sha256:a',
  time: noon,
  who: 'ada',
  why: 'go 1.27 rollout',
};

test('target names become safe, distinct directory names', () => {
  expect(targetId('api')).toMatch(/^api-[0-9a-f]{16}$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      expect(targetId(a)).toMatch(/^[A-Za-z0-9._-]{17,57}$/);
      expect(targetId(a) === targetId(b)).toBe(a === b);
    }),
  );
});

test('target state is read back as it was stored, with private file modes', async () => {
  const state = await scratchState();
  expect(await loadTargetState(state, 'api', targetStateSchema, noon)).toEqual({});
  for (const value of [emptyTarget('api'), full]) {
    expect(await saveTargetState(state, 'api', value)).toMatchObject({ ok: true });
    expect(await loadTargetState(state, 'api', targetStateSchema, noon)).toEqual({ value });
  }
  const directory = targetDirectory(state, 'api');
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(path.join(directory, 'state.json'))).mode & 0o777).toBe(0o600);
});

test('damaged target state is moved aside and reported, and never used', async () => {
  const texts = [
    '',
    'null',
    '{"schema":1',
    JSON.stringify({ ...full, schema: 0 }),
    JSON.stringify({ ...full, extra: 1 }),
    '\0\0',
  ];
  for (const [at, text] of texts.entries()) {
    const state = await scratchState();
    await saveTargetState(state, 'api', full);
    const file = path.join(targetDirectory(state, 'api'), 'state.json');
    await writeFile(file, text);
    const loaded = await loadTargetState(state, 'api', targetStateSchema, noon + at);
    expect(loaded.value).toBeUndefined();
    expect(loaded.problem).toContain(`.corrupt-${noon + at}`);
    expect(await readFile(`${file}.corrupt-${noon + at}`, 'utf8')).toBe(text);
    expect(await loadTargetState(state, 'api', targetStateSchema, noon)).toEqual({});
  }
});

test('target state of a newer version is left alone and reported as unread', async () => {
  const state = await scratchState();
  await saveTargetState(state, 'api', full);
  const file = path.join(targetDirectory(state, 'api'), 'state.json');
  const text = JSON.stringify({ ...full, schema: 2, more: {} });
  await writeFile(file, text);
  expect(await loadTargetState(state, 'api', targetStateSchema, noon)).toMatchObject({ unread: true });
  expect(await readFile(file, 'utf8')).toBe(text);
});

const learned: StoredBaseline = {
  kind: 'learned',
  text: accepted.text.replace('mod\n', 'vendor\n'),
  fingerprint: 'sha256:l',
  time: noon,
};
const snapshots = async (directory: string) =>
  (await readdir(directory)).filter((name) => name.endsWith('.snapshot'));

test('a baseline is read back with who, when and why, and replaces only the baseline of its own kind', async () => {
  const state = await scratchState();
  const directory = targetDirectory(state, 'api');
  const newer = accepted.text.replace('mod\n', 'readonly\n');
  await saveBaseline(state, 'api', accepted);
  await saveBaseline(state, 'api', learned);
  await saveBaseline(state, 'api', { ...accepted, text: newer, why: 'again' });
  const { kind: _kind, text: _text, ...facts } = accepted;
  expect(readBaseline(directory, 'accepted')).toEqual({
    state: 'read',
    value: { ...facts, why: 'again', entries: parseSnapshot(newer).entries },
  });
  expect(readBaseline(directory, 'learned')).toMatchObject({ state: 'read', value: { time: noon } });
  expect(await snapshots(directory)).toHaveLength(2);
});

test('a damaged or missing baseline is reported on each read, neither used nor treated as “no baseline”', async () => {
  const damages: readonly [RegExp, (file: string, snapshot: string) => Promise<void>][] = [
    [/was changed after it was stored/, (_, snapshot) => writeFile(snapshot, learned.text)],
    [/accepted-.* is gone/, (_, snapshot) => rm(snapshot)],
    [/accepted\.json is damaged/, (file) => writeFile(file, '{"schema":1')],
    [
      /cannot read .*accepted\.json/,
      async (file) => {
        await rm(file);
        await mkdir(file);
      },
    ],
  ];
  for (const [why, damage] of damages) {
    const state = await scratchState();
    await saveBaseline(state, 'api', accepted);
    const directory = targetDirectory(state, 'api');
    const [snapshot = ''] = await snapshots(directory);
    await damage(path.join(directory, 'accepted.json'), path.join(directory, snapshot));
    for (const _ of [1, 2])
      expect(readBaseline(directory, 'accepted')).toMatchObject({ why: expect.stringMatching(why) });
  }
});

test('the old baseline stays in place if the new one is refused when it is recorded', async () => {
  const state = await scratchState();
  const directory = targetDirectory(state, 'api');
  await saveBaseline(state, 'api', accepted);
  const refused = { ok: false, problem: 'the disk is full' } as const;
  expect(await replaceBaseline(state, 'api', { ...accepted, text: learned.text }, async () => refused)).toBe(
    refused,
  );
  expect(readBaseline(directory, 'accepted')).toMatchObject({ state: 'read', value: { why: accepted.why } });
  expect(await snapshots(directory)).toHaveLength(1);
});

test('the last snapshot is stored and read back unchanged', async () => {
  const state = await scratchState();
  const fingerprint = snapshotFingerprint(accepted.text);
  expect(await loadLastSnapshot(state, 'api', fingerprint, noon)).toEqual({});
  await saveLastSnapshot(state, 'api', accepted.text);
  expect(await loadLastSnapshot(state, 'api', fingerprint, noon)).toEqual({ value: accepted.text });
  expect(await loadLastSnapshot(state, 'API', fingerprint, noon)).toEqual({});
  // An older version stored it under this name.
  expect(await loadLastSnapshot(state, 'api', undefined, noon)).toEqual({});
  const directory = targetDirectory(state, 'api');
  await writeFile(path.join(directory, 'last.snapshot'), learned.text);
  expect(await loadLastSnapshot(state, 'api', undefined, noon)).toEqual({ value: learned.text });
  // A damaged snapshot is moved aside and can be stored again.
  await saveLastSnapshot(state, 'api', learned.text);
  await removeOlderSnapshots(state, 'api', snapshotFingerprint(learned.text));
  const [name = '', ...others] = await snapshots(directory);
  expect(others).toEqual([]);
  await writeFile(path.join(directory, name), accepted.text);
  const loaded = () => loadLastSnapshot(state, 'api', snapshotFingerprint(learned.text), noon);
  expect(await loaded()).toEqual({
    problem: expect.stringContaining(`moved to ${path.join(directory, name)}.corrupt`),
  });
  await saveLastSnapshot(state, 'api', learned.text);
  expect(await loaded()).toEqual({ value: learned.text });
});

test('failed writes are reported and counted', async () => {
  const state = await scratchState();
  await writeFile(path.join(state.path, 'targets'), 'in the way');
  expect(await saveTargetState(state, 'api', full)).toMatchObject({ ok: false });
  expect(await saveBaseline(state, 'api', accepted)).toMatchObject({ ok: false });
  expect(state.errors).toBe(2);
});
