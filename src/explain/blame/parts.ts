/**
 * Searches inside a difference that belongs to the cause: which of its parts are needed for the failure, and
 * which must be undone. Pure except for the trials.
 */
import { type Suspect, smallestCause, type Try } from './search.ts';
import { type Ending, type Failure, failureOf, hasPassed, messageOf, verdictOf } from './verdict.ts';

/** A part of a difference. */
export interface PartSuspect extends Suspect {
  /**
   * Rarely the cause, and often impossible to build in combination with other parts; tried only if the usual
   * parts alone do not fail.
   */
  readonly isSeldom?: true;
  /**
   * Ids of rare parts that must be undone together with this one: the checksums of a module whose version is
   * restored.
   */
  readonly belongs?: readonly string[];
}

/** The result of the search inside one difference. */
export interface Inside {
  readonly id: string;
  /** Its parts that make the command fail; if there are several faults, one after the other. */
  readonly parts: readonly string[];
  /** Parts without which the present world passed; undefined if that was not tried. */
  readonly healedBy?: readonly string[];
}

/** Input of the search inside a difference. */
export interface InsideQuestion {
  readonly parts: readonly PartSuspect[];
  readonly failure: Failure;
  readonly message: string;
  /** Updates the likelihoods, given the failure's message. */
  readonly weigh: (parts: readonly PartSuspect[], message: string) => readonly PartSuspect[];
  /** Runs the command in a world with only the cause's other differences and these parts. */
  readonly run: (present: readonly string[]) => Promise<Ending>;
  /**
   * Runs the command in the present world without these parts; undefined if undoing another difference is the
   * repair.
   */
  readonly without?: (gone: readonly string[]) => Promise<Ending>;
  readonly jobs: number;
}

/**
 * Most worlds that may fail in another way before the search gives up. If most worlds cannot be built, for
 * example beside a vendor directory, the difference is reported as a whole.
 */
export const mostUnresolved = 40;
/** Most independent faults to search for in one file; a file with more is reported as a whole. */
const mostFaults = 5;

class TooMany extends Error {}

/**
 * Wraps a trial so that it throws {@link TooMany} after {@link mostUnresolved} worlds that failed in another
 * way.
 */
function bounded(attempt: Try): Try {
  let left = mostUnresolved;
  return async (present) => {
    const verdict = await attempt(present);
    if (verdict === 'unresolved' && --left <= 0) throw new TooMany();
    return verdict;
  };
}

const idsOf = (parts: readonly Suspect[]) => parts.map(({ id }) => id);

/**
 * Returns the smallest failing set of parts, given that all of them fail. Undefined if the command does not
 * pass without any of them, because then the cause is elsewhere.
 */
async function smallestInside(
  parts: readonly PartSuspect[],
  attempt: Try,
  jobs: number,
): Promise<readonly string[] | undefined> {
  if (parts.length === 1) return idsOf(parts);
  if ((await attempt([])) !== 'passes') return undefined;
  const seldom = parts.filter(({ isSeldom }) => isSeldom === true);
  const usual = parts.filter(({ isSeldom }) => isSeldom !== true);
  if (seldom.length === 0 || usual.length === 0) return await smallestCause(parts, attempt, { jobs });
  for (const some of [usual, seldom])
    if ((await attempt(idsOf(some))) === 'fails') return await smallestCause(some, attempt, { jobs });
  return await smallestCause(parts, attempt, { jobs });
}

/**
 * Returns sets of parts whose removal may suffice, smallest first: each part of the cause alone, then all of
 * them; each with the parts that belong to it.
 */
function repairs(all: readonly PartSuspect[], cause: readonly string[]): readonly (readonly string[])[] {
  const byId = new Map(all.map((part) => [part.id, part]));
  const whole = (ids: readonly string[]) => [
    ...new Set(ids.flatMap((id) => [id, ...(byId.get(id)?.belongs ?? [])])),
  ];
  return cause.length === 1 ? [whole(cause)] : [...cause.map((id) => whole([id])), whole(cause)];
}

async function search(question: InsideQuestion): Promise<Omit<Inside, 'id'> | undefined> {
  const { parts, without, run, weigh, jobs } = question;
  const found: string[] = [];
  let [gone, left]: [readonly string[], readonly PartSuspect[]] = [[], parts];
  let { failure, message } = question;
  for (let fault = 0; fault < mostFaults && left.length > 0; fault++) {
    const known = failure;
    const attempt = bounded(async (present) => verdictOf(await run(present), known));
    if (fault > 0 && (await attempt(idsOf(left))) !== 'fails') return undefined;
    const cause = await smallestInside(weigh(left, message), attempt, jobs);
    if (cause === undefined) return undefined;
    found.push(...cause);
    // The world without any part is already known to pass.
    if (without === undefined || found.length === parts.length) return { parts: found };
    let ended: Ending | undefined;
    let now = gone;
    for (const repair of repairs(parts, cause)) {
      now = [...new Set([...gone, ...repair])];
      ended = await without(now);
      if (hasPassed(ended)) return { parts: found, healedBy: now };
    }
    if (ended === undefined) return undefined;
    gone = now;
    left = left.filter(({ id }) => !now.includes(id));
    failure = failureOf([ended]);
    message = messageOf(ended.output);
  }
  return undefined;
}

/**
 * Searches inside a difference. Undefined if it is to be reported as a whole: it has no parts, the command
 * fails without any of them, the present world still fails without the ones found, or too many worlds cannot
 * be built.
 */
export async function lookInside(question: InsideQuestion): Promise<Omit<Inside, 'id'> | undefined> {
  try {
    return await search(question);
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
}
