import { expect, test } from 'vitest';
import { runningLoop } from '../../../src/cli/running-loop.ts';
import { nothingRemembered } from '../../../src/drift/step-data.ts';
import { type Handover, handoverKey, type KnownTarget } from '../../../src/observe/loop/handover.ts';
import type { Scheduler } from '../../../src/observe/loop/scheduler-ports.ts';
import type { TargetSettings } from '../../../src/observe/target.ts';

function settings(name: string): TargetSettings {
  return {
    name,
    workspace: '/w',
    environment: { from: 'none' },
    pool: '',
    baseline: 'auto',
    pins: { goMod: 'floor', tools: {} },
    required: [],
    tools: [],
  };
}

/** A loop over some targets that knows whether each was handed over or started afresh. */
function loop(...names: readonly string[]): Scheduler & { readonly knows: () => readonly string[] } {
  let known = new Map<string, KnownTarget>();
  const fresh = (name: string): KnownTarget => ({
    settings: settings(name),
    past: Buffer.from('new'),
    memory: nothingRemembered.memory,
    collectors: [],
  });
  return {
    start: async (before?: Handover) => {
      known = new Map(
        names.map((name) => {
          const key = handoverKey(settings(name));
          const handed = before?.targets.get(key);
          return [key, handed === undefined ? fresh(name) : { ...handed, past: Buffer.from('handed') }];
        }),
      );
    },
    stop: async () => {},
    retarget: async (targets, before) => {
      const wanted = new Set(targets.map(handoverKey));
      const went = new Map([...known].filter(([key]) => !wanted.has(key)));
      known = new Map(
        targets.map((one) => {
          const key = handoverKey(one);
          const had = known.get(key);
          const handed = before.get(key);
          const back = handed === undefined ? fresh(one.name) : { ...handed, past: Buffer.from('handed') };
          return [key, had ?? back];
        }),
      );
      return went;
    },
    pass: async () => {},
    handover: () => ({ targets: known, passes: 1, missed: 0, events: 0 }),
    states: () => [],
    ready: () => true,
    recorded: async () => {},
    stats: () => ({ passes: 1, watches: 0, failed: 0, events: 0, missed: 0 }),
    knows: () => [...known.values()].map((one) => `${one.settings.name} ${Buffer.from(one.past).toString()}`),
  };
}

test('a loop hands its knowledge to the next one, and keeps unsaved knowledge of removed targets', async () => {
  const first = loop('a', 'b', 'c');
  const unsaved = new Set(['b']);
  const loops = runningLoop(first, (one) => unsaved.has(one.settings.name));
  await loops.start();
  expect(first.knows()).toEqual(['a new', 'b new', 'c new']);
  const second = loop('a');
  expect(await loops.replace(second)).toBe(true);
  expect(loops.current()).toBe(second);
  expect(second.knows()).toEqual(['a handed']);
  const third = loop('a', 'b', 'c');
  await loops.replace(third);
  expect(third.knows()).toEqual(['a handed', 'b handed', 'c new']);
});

test('the knowledge of a removed target is dropped once it is saved on disk', async () => {
  const loops = runningLoop(loop('a', 'b'), () => unsaved);
  let unsaved = true;
  await loops.start();
  await loops.replace(loop('a'));
  unsaved = false;
  await loops.replace(loop('a'));
  const last = loop('a', 'b');
  await loops.replace(last);
  expect(last.knows()).toEqual(['a handed', 'b new']);
});

test('unsaved knowledge of a target removed by retarget is handed back when the target returns', async () => {
  const only = loop('a', 'b', 'c');
  const unsaved = new Set(['b']);
  const loops = runningLoop(only, (one) => unsaved.has(one.settings.name));
  await loops.start();
  await loops.retarget([settings('a')]);
  expect(only.knows()).toEqual(['a new']);
  await loops.retarget([settings('a'), settings('b'), settings('c')]);
  expect(only.knows()).toEqual(['a new', 'b handed', 'c new']);
});
