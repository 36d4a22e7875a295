import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  emptyTarget,
  loadBaseline,
  loadTargetState,
  type StoredBaseline,
  saveBaseline,
  saveTargetState,
  targetStateSchema,
} from '../../../src/store/baselines.ts';
import {
  loadLastSnapshot,
  saveLastSnapshot,
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

test('names of targets become safe, distinct directory names', () => {
  expect(targetId('api')).toMatch(/^api-[0-9a-f]{16}$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (a, b) => {
      expect(targetId(a)).toMatch(/^[A-Za-z0-9._-]{17,57}$/);
      expect(targetId(a) === targetId(b)).toBe(a === b);
    }),
  );
});

test('state comes back as it was stored, private', async () => {
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

test('damaged state is moved aside and reported, never believed', async () => {
  const texts = [
    '',
    'null',
    '{"schema":1',
    JSON.stringify({ ...full, schema: 2 }),
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

test('a baseline comes back with who, when and why, and replaces the one of its kind', async () => {
  const state = await scratchState();
  const learned: StoredBaseline = { kind: 'learned', text: 'l', fingerprint: 'sha256:l', time: noon };
  await saveBaseline(state, 'api', accepted);
  await saveBaseline(state, 'api', learned);
  await saveBaseline(state, 'api', { ...accepted, text: 'newer', why: 'again' });
  expect(await loadBaseline(state, 'api', 'accepted', noon)).toEqual({
    value: { ...accepted, text: 'newer', why: 'again' },
  });
  expect(await loadBaseline(state, 'api', 'learned', noon)).toEqual({ value: learned });
  expect(
    (await readdir(targetDirectory(state, 'api'))).filter((name) => name.endsWith('.snapshot')),
  ).toHaveLength(2);
});

test('a baseline whose snapshot was edited or is gone is not used', async () => {
  const state = await scratchState();
  await saveBaseline(state, 'api', accepted);
  const directory = targetDirectory(state, 'api');
  const [snapshot = ''] = (await readdir(directory)).filter((name) => name.endsWith('.snapshot'));
  await writeFile(path.join(directory, snapshot), accepted.text.replace('mod\n', 'vendor\n'));
  expect(await loadBaseline(state, 'api', 'accepted', noon)).toEqual({
    problem: expect.stringContaining('was changed after it was stored'),
  });
  expect(await loadBaseline(state, 'api', 'accepted', noon)).toEqual({});
});

test('the last snapshot is kept as it was given', async () => {
  const state = await scratchState();
  expect(await loadLastSnapshot(state, 'api')).toBeUndefined();
  await saveLastSnapshot(state, 'api', accepted.text);
  expect(await loadLastSnapshot(state, 'api')).toBe(accepted.text);
  expect(await loadLastSnapshot(state, 'API')).toBeUndefined();
});

test('what cannot be written is said and counted', async () => {
  const state = await scratchState();
  await writeFile(path.join(state.path, 'targets'), 'in the way');
  expect(await saveTargetState(state, 'api', full)).toMatchObject({ ok: false });
  expect(await saveBaseline(state, 'api', accepted)).toMatchObject({ ok: false });
  expect(state.errors).toBe(2);
});
