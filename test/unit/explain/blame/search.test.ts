import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byLikelihood,
  type Suspect,
  smallestCause,
  splitByLikelihood,
  type TrialResult,
} from '../../../../src/explain/blame/search.ts';

const suspects = (count: number, likely: Readonly<Record<number, number>> = {}): Suspect[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `d${String(index).padStart(2, '0')}`,
    likelihood: likely[index] ?? 1,
  }));

/** Returns a trial that fails if all of these suspects are present. */
const needs =
  (...ids: readonly string[]) =>
  async (present: readonly string[]): Promise<TrialResult> =>
    ids.every((id) => present.includes(id)) ? 'fails' : 'passes';

describe('smallestCause', () => {
  it('finds a single cause among many suspects, and a pair that fails only together', async () => {
    expect(await smallestCause(suspects(30), needs('d17'))).toEqual(['d17']);
    expect([...(await smallestCause(suspects(30), needs('d03', 'd28')))].sort()).toEqual(['d03', 'd28']);
  });

  it('tries a much likelier suspect alone first', async () => {
    let trials = 0;
    const count = (attempt: ReturnType<typeof needs>) => async (present: readonly string[]) => {
      trials++;
      return attempt(present);
    };
    expect(await smallestCause(suspects(30, { 12: 40 }), count(needs('d12')))).toEqual(['d12']);
    expect(trials).toBe(1);
  });

  it('reports its progress, and runs as many trials at once as jobs allows', async () => {
    const progress: number[] = [];
    let atOnce = 0;
    let most = 0;
    const attempt = async (present: readonly string[]): Promise<TrialResult> => {
      most = Math.max(most, ++atOnce);
      await Promise.resolve();
      atOnce--;
      return needs('d05')(present);
    };
    await smallestCause(suspects(8), attempt, { jobs: 2, onNarrowed: (left) => progress.push(left.length) });
    expect(progress[0]).toBe(8);
    expect(progress.at(-1)).toBe(1);
    expect(most).toBe(2);
  });

  /** Monotone failures, with some worlds that break in another way. */
  const failures = fc
    .record({
      count: fc.integer({ min: 1, max: 14 }),
      cause: fc.uniqueArray(fc.nat(13), { minLength: 1, maxLength: 3 }),
      odd: fc.uniqueArray(fc.tuple(fc.nat(13), fc.nat(13)), { maxLength: 3 }),
      weights: fc.array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 14, maxLength: 14 }),
    })
    .map(({ count, cause, odd, weights }) => ({
      all: suspects(count, Object.fromEntries(weights.entries())),
      cause: [...new Set(cause.map((index) => `d${String(index % count).padStart(2, '0')}`))],
      odd: odd.map(([one, other]) =>
        [one, other].map((index) => `d${String(index % count).padStart(2, '0')}`),
      ),
    }));

  it('returns a minimal failing set, even if some worlds break in another way', async () => {
    await fc.assert(
      fc.asyncProperty(failures, async ({ all, cause, odd }) => {
        const attempt = async (present: readonly string[]): Promise<TrialResult> => {
          if (present.length === all.length) return 'fails';
          // Two suspects belong together, and only one is present: the world breaks in another way.
          const isOdd = odd.some(
            ([one = '', other = '']) => present.includes(one) !== present.includes(other),
          );
          if (isOdd && !cause.every((id) => present.includes(id)))
            return present.length === 0 ? 'passes' : 'unresolved';
          return needs(...cause)(present);
        };
        const found = await smallestCause(all, attempt);
        expect(await attempt(found)).toBe('fails');
        for (const id of found)
          if (found.length > 1) expect(await attempt(found.filter((one) => one !== id))).not.toBe('fails');
        expect([...found].sort()).toEqual([...cause].sort());
      }),
    );
  });
});

describe('splitByLikelihood', () => {
  it('keeps all suspects in order, in non-empty chunks', () => {
    const weights = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 50 }), (all, parts) => {
        const sorted = byLikelihood(suspects(all.length, Object.fromEntries(all.entries())));
        const chunks = splitByLikelihood(sorted, parts);
        expect(chunks.flat()).toEqual(sorted);
        expect(chunks).toHaveLength(Math.min(parts, all.length));
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
      }),
    );
  });

  it('puts a suspect that outweighs all others into a chunk alone', () => {
    const sorted = byLikelihood(suspects(10, { 4: 30 }));
    expect(splitByLikelihood(sorted, 2)[0]?.map(({ id }) => id)).toEqual(['d04']);
  });
});
