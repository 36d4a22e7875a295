/**
 * The search for the cause: the smallest set of differences with which a command fails, and without any of which it does not (Zeller and Hildebrandt,
 * "Simplifying and Isolating Failure-Inducing Input", 2002: ddmin). Pure but for the question that it asks.
 */

/** What a world came to. `unresolved`: it failed in another way than the one that is looked into, which says nothing of that one. */
export type Verdict = 'fails' | 'passes' | 'unresolved';

/** A difference, by its name, and how likely it is the cause before anything was tried; above 0. */
export interface Suspect {
  readonly id: string;
  readonly likelihood: number;
}

/** Tries the world in which exactly these differences are there. */
export type Try = (present: readonly string[]) => Promise<Verdict>;

/** The likeliest first; of equals in the order of their names, so that the same question takes the same way. */
export function byLikelihood<S extends Suspect>(suspects: readonly S[]): readonly S[] {
  return [...suspects].sort((a, b) => b.likelihood - a.likelihood || (a.id < b.id ? -1 : 1));
}

/**
 * Splits a list, the likeliest first, into `parts` runs of about equal likelihood, none of them empty: a difference that is likelier than all others together
 * is tried alone at once.
 */
export function splitByLikelihood(
  suspects: readonly Suspect[],
  parts: number,
): readonly (readonly Suspect[])[] {
  const chunks: Suspect[][] = [];
  let rest = suspects.reduce((sum, { likelihood }) => sum + likelihood, 0);
  let at = 0;
  for (let left = Math.min(parts, suspects.length); left > 0; left--) {
    const chunk: Suspect[] = [];
    const share = rest / left;
    let taken = 0;
    // Each run that follows needs one at least.
    while (at < suspects.length - (left - 1)) {
      const next = suspects[at] as Suspect;
      if (chunk.length > 0 && left > 1 && taken + next.likelihood / 2 > share) break;
      chunk.push(next);
      taken += next.likelihood;
      at++;
    }
    rest -= taken;
    chunks.push(chunk);
  }
  return chunks;
}

const idsOf = (suspects: readonly Suspect[]) => suspects.map(({ id }) => id);

/** The first of several sets that fails, trying as many at once as there are jobs; undefined where none does. */
async function firstFailing<T extends readonly Suspect[]>(
  sets: readonly T[],
  attempt: Try,
  jobs: number,
): Promise<T | undefined> {
  for (let at = 0; at < sets.length; at += jobs) {
    const batch = sets.slice(at, at + jobs);
    const verdicts = await Promise.all(batch.map((set) => attempt(idsOf(set))));
    const found = batch.find((_, index) => verdicts[index] === 'fails');
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the search tells while it goes on: the suspects that are left, for whoever stops it. */
export type Narrowed = (left: readonly string[]) => void;

/**
 * The smallest cause among suspects whose world fails, while the world without any of them passes. The answer fails as a whole, and leaving any one of it out
 * does not fail: it is 1-minimal.
 */
export async function smallestCause(
  suspects: readonly Suspect[],
  attempt: Try,
  { jobs = 1, narrowed = () => {} }: { readonly jobs?: number; readonly narrowed?: Narrowed } = {},
): Promise<readonly string[]> {
  let left = byLikelihood(suspects);
  let parts = 2;
  narrowed(idsOf(left));
  while (left.length > 1) {
    const chunks = splitByLikelihood(left, parts);
    const part = await firstFailing(chunks, attempt, jobs);
    if (part !== undefined) {
      left = part;
      parts = 2;
    } else {
      const others = parts === 2 ? [] : chunks.map((chunk) => left.filter((one) => !chunk.includes(one)));
      const rest = await firstFailing(others, attempt, jobs);
      if (rest === undefined && chunks.length === left.length) break;
      parts = rest === undefined ? Math.min(2 * parts, left.length) : Math.max(parts - 1, 2);
      left = rest ?? left;
    }
    narrowed(idsOf(left));
  }
  return idsOf(left);
}
