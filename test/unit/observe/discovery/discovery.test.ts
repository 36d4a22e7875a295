/**
 * When trees are searched for targets: a hanging or failing search changes nothing, and large trees are
 * searched seldom.
 */
import { expect, it } from 'vitest';
import { createDiscovery, findWithinMs } from '../../../../src/observe/discovery/discovery.ts';
import type { Expansion, TargetEntry } from '../../../../src/observe/discovery/entries.ts';

const entry: TargetEntry = {
  label: '',
  workspace: { text: '/src/*', fixed: '/src', rest: ['*'] },
  settings: {
    environment: { from: 'none' },
    pool: '',
    baseline: 'auto',
    pins: { goMod: 'floor', tools: {} },
    required: [],
    tools: [],
  },
};
const found = (...names: string[]): readonly Expansion[] => [
  {
    workspaces: names.map((name) => ({ path: `/src/${name}`, real: `/src/${name}`, below: [name] })),
    gos: [],
    incomplete: [],
  },
];

/** Makes a discovery with a manual clock and the given answers of its finders. */
function world(
  answers: (number: number) => Promise<readonly Expansion[]>,
  places: () => Promise<readonly Expansion[]> = async () => found(),
) {
  let now = 0;
  let set = 0;
  let timers: { readonly at: number; readonly run: () => void }[] = [];
  let asked = 0;
  let started = 0;
  let looked = 0;
  const replaced: string[][] = [];
  const warned: string[] = [];
  let announce = () => {};
  let ended: () => void = () => {};
  const discovery = createDiscovery(
    { named: [], entries: [entry], limit: 9, intervalMs: 1_000 },
    {
      clock: () => now + set,
      steady: () => now,
      timer: (ms, run) => {
        const one = { at: now + ms, run };
        timers.push(one);
        return () => {
          timers = timers.filter((other) => other !== one);
        };
      },
      start: (changed) => {
        started++;
        announce = changed;
        return {
          find: () => answers(++asked),
          findObserved: places,
          stop: () =>
            new Promise((resolve) => {
              ended = resolve;
            }),
        };
      },
      digest: () => '0'.repeat(64),
      stored: () => () => 0,
      replace: async (targets) => {
        replaced.push(targets.map(({ name }) => name));
      },
      looked: async () => {
        looked++;
      },
      warn: (message, { what }) => warned.push(`${message}: ${what}`),
    },
  );
  const settle = async () => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  };
  const turn = async (ms: number) => {
    for (const end = now + ms; ; ) {
      const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) {
        now = end;
        return await settle();
      }
      now = next.at;
      timers = timers.filter((one) => one !== next);
      next.run();
      await settle();
    }
  };
  return {
    discovery,
    turn,
    settle,
    replaced,
    warned,
    /** Sets the wall clock by so many ms; no time passes. */
    setClock: (ms: number) => {
      set += ms;
    },
    pass: (ms: number) => {
      now += ms;
    },
    asked: () => asked,
    looked: () => looked,
    started: () => started,
    announce: () => announce(),
    end: () => ended(),
  };
}

it('searches each interval, and soon after an announced change', async () => {
  const lists = [found('a'), found('a'), found('a', 'b')];
  const { discovery, turn, replaced, announce } = world(async (number) => lists[number - 1] ?? found());
  expect(await discovery.first()).toBe(true);
  discovery.start();
  await turn(1_000);
  expect(replaced).toEqual([]);
  announce();
  await turn(200);
  expect(replaced).toEqual([['a', 'b']]);
  expect(discovery.stats()).toMatchObject({ found: 2, appeared: 1, vanished: 0 });
});

it('counts and reports an unreadable directory once, however many patterns reach it', async () => {
  const closed = { directory: '/src/closed', reason: 'unreadable' } as const;
  const twice = { workspaces: [], gos: [], incomplete: [closed, closed] };
  const names = { ...twice, incomplete: [{ ...closed, reason: 'names' as const }] };
  const { discovery, warned } = world(async () => [twice, twice, names]);
  await discovery.first();
  expect(discovery.stats().incomplete).toEqual({ unreadable: 1, names: 1, failed: 0 });
  expect(warned).toEqual([
    'targets may be missing: a directory cannot be read: /src/closed',
    'targets may be missing: a directory has too many names to search: /src/closed',
  ]);
});

it('reports a pattern without matches once', async () => {
  const { discovery, warned, turn } = world(async () => found());
  await discovery.first();
  discovery.start();
  await turn(3_000);
  expect(warned).toEqual([
    'targets may be missing: a pattern matches nothing (symlinks are not followed): /src/*',
  ]);
});

it.each([-5, 5])(
  'keeps its interval when the clock is set by %i hours during and between searches',
  async (hours) => {
    const { discovery, turn, asked, setClock } = world(async () => {
      setClock(hours * 3_600_000);
      return found('a');
    });
    await discovery.first();
    discovery.start();
    await turn(10_000);
    expect(asked()).toBe(11);
    setClock(hours * 3_600_000);
    await turn(10_000);
    expect(asked()).toBe(21);
  },
);

it('a search without an answer keeps the targets, is reported, and starts no second one while it hangs', async () => {
  const { discovery, turn, replaced, warned, started, asked, end } = world((number) =>
    number === 2 ? new Promise(() => {}) : Promise.resolve(found('a')),
  );
  await discovery.first();
  discovery.start();
  await turn(1_000 + findWithinMs);
  expect(discovery.stats()).toMatchObject({ found: 1, incomplete: { failed: 1 } });
  expect(warned).toEqual([expect.stringContaining('no answer within 60 s')]);
  await turn(600_000);
  expect([started(), asked()]).toEqual([1, 2]);
  end();
  await turn(600_000);
  expect(started()).toBe(2);
  expect(discovery.stats().incomplete.failed).toBe(0);
  expect(replaced).toEqual([]);
});

it('a search that failed removes no target', async () => {
  const { discovery, turn, replaced } = world((number) =>
    number === 2 ? Promise.reject(new Error('too many open files')) : Promise.resolve(found('a')),
  );
  await discovery.first();
  discovery.start();
  await turn(1_000);
  expect(replaced).toEqual([]);
  expect(discovery.targets()).toHaveLength(1);
});

it('spends a fiftieth of its time on large trees', async () => {
  const one = world(async () => {
    one.pass(400);
    return found('a');
  });
  await one.discovery.first();
  one.discovery.start();
  await one.turn(19_900);
  expect(one.asked()).toBe(1);
  await one.turn(200);
  expect(one.asked()).toBe(2);
});

it('a slow first search starts with the targets observed before, and adopts its result later', async () => {
  let answer: (expansions: readonly Expansion[]) => void = () => {};
  const first = new Promise<readonly Expansion[]>((resolve) => {
    answer = resolve;
  });
  const { discovery, turn, settle, replaced, looked, warned, asked } = world(
    (number) => (number === 1 ? first : Promise.resolve(found('api', 'zoe'))),
    async () => found('zoe'),
  );
  const begun = discovery.first();
  await turn(15_000);
  expect(await begun).toBe(true);
  expect(discovery.targets().map(({ name }) => name)).toEqual(['zoe']);
  expect(warned).toEqual([expect.stringContaining('takes long')]);

  // The answer comes before it can be adopted: until then targets may be hidden.
  answer(found('api', 'zoe'));
  await settle();
  expect(discovery.mayHide('/src/api')).toBe(true);
  expect(discovery.stats().lastSuccess).toBeUndefined();
  discovery.start();
  await settle();
  expect(replaced).toEqual([['api', 'zoe']]);
  expect(discovery.mayHide('/src/api')).toBe(false);
  expect(discovery.stats()).toMatchObject({ found: 2, appeared: 0, lastSuccess: 15_000 });
  expect([looked(), asked()]).toEqual([1, 1]);
});

it('a failed first search starts with the targets observed before, may hide others, and is repeated soon', async () => {
  const { discovery, turn, settle, looked, asked, pass, end } = world(
    async (number) => {
      if (number > 1) return found('zoe');
      pass(9_000);
      throw new Error('too many open files');
    },
    async () => found('zoe'),
  );
  expect(await discovery.first()).toBe(false);
  expect(discovery.targets().map(({ name }) => name)).toEqual(['zoe']);
  expect(discovery.mayHide('/src/api')).toBe(true);
  end();
  await settle();
  discovery.start();
  await turn(1_000);
  expect([asked(), looked()]).toEqual([2, 1]);
  expect(discovery.mayHide('/src/api')).toBe(false);
});
