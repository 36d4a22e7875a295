/**
 * Searches for the cause of a failure: the smallest set of differences with which a command fails, and
 * without any one of which it does not fail (Zeller and Hildebrandt, "Simplifying and Isolating
 * Failure-Inducing Input", 2002: ddmin). Pure except for the trials.
 */

/**
 * The result of a trial. `unresolved`: the command failed in another way than the failure under
 * investigation, which says nothing about that failure.
 */
export type TrialResult = 'fails' | 'passes' | 'unresolved';

/** A difference by its id, and the prior likelihood that it is the cause; above 0. */
export interface Suspect {
  readonly id: string;
  readonly likelihood: number;
}

/** Runs the command in the world with exactly these differences. */
export type Try = (present: readonly string[]) => Promise<TrialResult>;

/**
 * Sorts by likelihood, highest first; equal ones by id, so that the same question is always answered in the
 * same way.
 */
export function byLikelihood<S extends Suspect>(suspects: readonly S[]): readonly S[] {
  return [...suspects].sort((a, b) => b.likelihood - a.likelihood || (a.id < b.id ? -1 : 1));
}

/**
 * Splits a list, sorted by likelihood, into `parts` non-empty runs of about equal total likelihood. A
 * difference that is likelier than all others together is thus tried alone at once.
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
    // Leave at least one suspect for each following run.
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

/**
 * Returns the first set that fails; undefined if none does. Tries as many sets in parallel as there are jobs.
 */
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

/** Called with the remaining suspects as the search proceeds, so that a stopped search can report them. */
export type OnNarrowed = (left: readonly string[]) => void;

/**
 * Returns the smallest cause among the suspects. The world with all of them must fail, and the world without
 * any must pass. The result is 1-minimal: it fails as a whole, and does not fail if any one of its elements
 * is left out.
 */
export async function smallestCause(
  suspects: readonly Suspect[],
  attempt: Try,
  { jobs = 1, onNarrowed = () => {} }: { readonly jobs?: number; readonly onNarrowed?: OnNarrowed } = {},
): Promise<readonly string[]> {
  let left = byLikelihood(suspects);
  let parts = 2;
  onNarrowed(idsOf(left));
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
    onNarrowed(idsOf(left));
  }
  return idsOf(left);
}
