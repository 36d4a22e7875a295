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

/** A failure that needs all of these. */
const needs =
  (...ids: readonly string[]) =>
  async (present: readonly string[]): Promise<TrialResult> =>
    ids.every((id) => present.includes(id)) ? 'fails' : 'passes';

describe('the search for the smallest cause', () => {
  it('finds one among many, and the pair that only together fails', async () => {
    expect(await smallestCause(suspects(30), needs('d17'))).toEqual(['d17']);
    expect([...(await smallestCause(suspects(30), needs('d03', 'd28')))].sort()).toEqual(['d03', 'd28']);
  });

  it('tries what is likeliest alone at once', async () => {
    let asked = 0;
    const count = (attempt: ReturnType<typeof needs>) => async (present: readonly string[]) => {
      asked++;
      return attempt(present);
    };
    expect(await smallestCause(suspects(30, { 12: 40 }), count(needs('d12')))).toEqual(['d12']);
    expect(asked).toBe(1);
  });

  it('tells how far it is, and tries several at once where it may', async () => {
    const told: number[] = [];
    let atOnce = 0;
    let most = 0;
    const attempt = async (present: readonly string[]): Promise<TrialResult> => {
      most = Math.max(most, ++atOnce);
      await Promise.resolve();
      atOnce--;
      return needs('d05')(present);
    };
    await smallestCause(suspects(8), attempt, { jobs: 2, onNarrowed: (left) => told.push(left.length) });
    expect(told[0]).toBe(8);
    expect(told.at(-1)).toBe(1);
    expect(most).toBe(2);
  });

  /** Worlds of any monotone failure, some of which break in a way of their own. */
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

  it('gives a set that fails and of which none can be left out, whatever breaks in other ways', async () => {
    await fc.assert(
      fc.asyncProperty(failures, async ({ all, cause, odd }) => {
        const attempt = async (present: readonly string[]): Promise<TrialResult> => {
          if (present.length === all.length) return 'fails';
          // One of two that belong together is missing: the world breaks otherwise.
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

describe('a split by likelihood', () => {
  it('keeps all, in order, in runs of which none is empty', () => {
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

  it('gives the one that outweighs all others a run of its own', () => {
    const sorted = byLikelihood(suspects(10, { 4: 30 }));
    expect(splitByLikelihood(sorted, 2)[0]?.map(({ id }) => id)).toEqual(['d04']);
  });
});
