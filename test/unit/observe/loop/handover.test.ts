import { expect, test } from 'vitest';
import { nothingRemembered } from '../../../../src/drift/step-data.ts';
import { adaptToSettings, type KnownTarget } from '../../../../src/observe/loop/handover.ts';
import { readPast, writePast } from '../../../../src/observe/loop/target-past.ts';
import type { TargetSettings } from '../../../../src/observe/target.ts';

const settings: TargetSettings = {
  name: 't',
  workspace: '/w',
  environment: { from: 'none' },
  pool: '',
  baseline: 'auto',
  pins: { goMod: 'floor', tools: {} },
  required: [],
  tools: [],
};
const learned = { entries: new Map([['env.GOFLAGS', '-mod=mod']]), time: 5 };
const committed = { entries: new Map([['env.GOOS', 'linux']]), time: 4 };
const known: KnownTarget = {
  settings,
  past: writePast({
    remembered: { ...nothingRemembered, learned },
    demands: { refined: { ...settings, required: ['GOPRIVATE'] }, committed },
  }),
  memory: nothingRemembered.memory,
  collectors: [],
};

test('an unchanged target is handed over as it was', () => {
  const same = adaptToSettings(known, structuredClone(settings));
  expect(readPast(same.past)).toEqual(readPast(known.past));
});

test('a target with other settings keeps its past, but not what a file added to its old settings', () => {
  const other = adaptToSettings(known, { ...settings, pool: 'ci' });
  expect(other.settings.pool).toBe('ci');
  expect(readPast(other.past)).toEqual({
    remembered: { ...nothingRemembered, learned },
    demands: { committed },
  });
});

test('a target without a look is handed over with an empty past', () => {
  const unseen = adaptToSettings({ ...known, past: new Uint8Array() }, { ...settings, pool: 'ci' });
  expect(unseen.past).toHaveLength(0);
});
