/** The search inside of a difference for the parts that cause a failure, with simulated worlds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { investigate, Stopped } from '../../../../src/explain/blame/investigate.ts';
import { lookInside, mostUnresolved, type PartSuspect } from '../../../../src/explain/blame/parts.ts';
import { type Ending, failureOf } from '../../../../src/explain/blame/verdict.ts';

const passes: Ending = { exitCode: 0, timedOut: false, output: '' };
const fails = (output = 'it broke\n'): Ending => ({ exitCode: 1, timedOut: false, output });
const parts = (count: number): readonly PartSuspect[] =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, likelihood: 1 }));

/** Runs lookInside in a present world that consists of these parts only. */
async function ask(all: readonly PartSuspect[], world: (present: readonly string[]) => Ending, heals = true) {
  let worlds = 0;
  const run = async (present: readonly string[]) => {
    worlds++;
    return world(present);
  };
  const ids = all.map(({ id }) => id);
  const found = await lookInside({
    parts: all,
    failure: failureOf([world(ids)]),
    message: 'it broke',
    weigh: (some) => some,
    run,
    ...(heals ? { without: (gone) => run(ids.filter((id) => !gone.includes(id))) } : {}),
    jobs: 1,
  });
  return { found, worlds };
}

const needs =
  (...ids: readonly string[]) =>
  (present: readonly string[]) =>
    ids.every((id) => present.includes(id)) ? fails() : passes;

describe('lookInside', () => {
  it('finds every cause of up to three parts, and that removing one of them repairs the command', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 12 }),
        fc.infiniteStream(fc.nat()),
        async (count, stream) => {
          const all = parts(count);
          const size = 1 + ((stream.next().value as number) % 3);
          const cause = new Set(
            Array.from({ length: size }, () => `p${(stream.next().value as number) % count}`),
          );
          const { found } = await ask(all, needs(...cause));
          expect(new Set(found?.parts)).toEqual(cause);
          if (cause.size < count) expect(found?.healedBy).toHaveLength(1);
        },
      ),
    );
  });

  it('finds one part of twelve in at most twelve worlds', async () => {
    for (const { id } of parts(12)) expect((await ask(parts(12), needs(id))).worlds).toBeLessThanOrEqual(12);
  });

  it('returns the only part of a difference without a trial', async () => {
    expect(await ask(parts(1), needs('p0'))).toEqual({ found: { parts: ['p0'] }, worlds: 0 });
  });

  it('returns undefined if there are no parts or no part causes the failure', async () => {
    expect((await ask([], () => fails())).found).toBe(undefined);
    expect((await ask(parts(3), () => fails())).found).toBe(undefined);
  });

  it('finds several faults, all of which must be removed', async () => {
    const world = (present: readonly string[]) =>
      present.includes('p1') ? fails('one\n') : present.includes('p4') ? fails('other\n') : passes;
    const { found } = await ask(parts(6), world);
    expect(found).toEqual({ parts: ['p1', 'p4'], healedBy: ['p1', 'p4'] });
  });

  it('removes dependent parts with their part, and blames them only if the failure needs them', async () => {
    const all: readonly PartSuspect[] = [
      { id: 'require', likelihood: 1, belongs: ['sums'] },
      { id: 'other', likelihood: 1 },
      { id: 'sums', likelihood: 0.1, isSeldom: true },
    ];
    // The older version cannot be built without its sums.
    const world = (present: readonly string[]) =>
      present.includes('require')
        ? fails()
        : present.includes('sums') && present.length > 1
          ? fails('missing\n')
          : passes;
    expect((await ask(all, world)).found).toEqual({ parts: ['require'], healedBy: ['require', 'sums'] });
    expect((await ask(all, needs('sums'))).found).toEqual({ parts: ['sums'], healedBy: ['sums'] });
    expect((await ask(all, needs('sums', 'other'))).found?.parts.toSorted()).toEqual(['other', 'sums']);
  });

  it('returns undefined after a bounded number of unresolved worlds', async () => {
    const world = (present: readonly string[]) =>
      present.length === 30 ? fails() : present.length === 0 ? passes : fails('inconsistent\n');
    const { found, worlds } = await ask(parts(30), world);
    expect(found).toBe(undefined);
    // The additional world is the one without any part, which passed.
    expect(worlds).toBe(mostUnresolved + 1);
  });
});

describe('investigate for a difference with parts', () => {
  it('searches the parts while the other suspect of the cause is present', async () => {
    const inside = ['m1', 'm2', 'm3'];
    const has = (present: readonly string[], divided: readonly string[], id: string) =>
      divided.includes('mod') ? present.includes(id) : present.includes('mod');
    const worlds: string[] = [];
    const finished = await investigate({
      suspects: ['env', 'mod', 'x', 'y'].map((id) => ({ id, likelihood: 1 })),
      run: async (present, divided) => {
        worlds.push([...present, ...divided.map((id) => `/${id}`)].join(' '));
        return present.includes('env') && has(present, divided, 'm2') ? fails() : passes;
      },
      parts: async (id) => (id === 'mod' ? inside.map((one) => ({ id: one, likelihood: 1 })) : []),
    });
    expect(finished).toMatchObject({
      result: 'found',
      causes: [{ inside: [{ id: 'mod', parts: ['m2'] }] }],
    });
    expect(worlds.filter((one) => one.endsWith('/mod')).every((one) => one.includes('env'))).toBe(true);
  });

  it('reports the difference as remaining if it is stopped during the search of parts', async () => {
    const finished = await investigate({
      suspects: ['mod', 'x'].map((id) => ({ id, likelihood: 1 })),
      run: async (present, divided) => {
        if (divided.length > 0) throw new Stopped();
        return present.includes('mod') ? fails() : passes;
      },
      parts: async () => [
        { id: 'm1', likelihood: 1 },
        { id: 'm2', likelihood: 1 },
      ],
    });
    expect(finished).toEqual({ result: 'stopped', left: ['mod'], message: 'it broke' });
  });
});
