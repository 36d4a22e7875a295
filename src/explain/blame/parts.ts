/** The search inside of a difference that was found to be of the cause: which of its parts it takes, and which have to go. Pure but for the worlds that it asks for. */
import { type Suspect, smallestCause, type Try } from './search.ts';
import { type Ending, type Failure, failureOf, hasPassed, messageOf, verdictOf } from './verdict.ts';

/** A part of a difference. */
export interface PartSuspect extends Suspect {
  /** Seldom the cause, and a mix with other parts can often not be built: tried only where the usual parts alone do not fail. */
  readonly isSeldom?: true;
  /** Ids of seldom parts that have to go together with it: the sums of the module whose version is put back. */
  readonly belongs?: readonly string[];
}

/** What was found inside of one difference. */
export interface Inside {
  readonly id: string;
  /** Its parts that make the command fail; those of several faults one after the other. */
  readonly parts: readonly string[];
  /** Those without which the present world was seen to pass; undefined where it was not tried, for all parts have to go or none. */
  readonly healedBy?: readonly string[];
}

/** What is looked into. */
export interface InsideQuestion {
  readonly parts: readonly PartSuspect[];
  readonly failure: Failure;
  readonly message: string;
  /** How likely a part is, now that the failure is known. */
  readonly weigh: (parts: readonly PartSuspect[], message: string) => readonly PartSuspect[];
  /** Runs the command with nothing of the cause but its other differences and these parts. */
  readonly run: (present: readonly string[]) => Promise<Ending>;
  /** Runs it in the present world without these parts; undefined where something else than this difference heals. */
  readonly without?: (gone: readonly string[]) => Promise<Ending>;
  readonly jobs: number;
}

/** How many worlds may fail in another way before the search is given up: where most of them cannot be built, such as beside a vendor directory, the difference is told as a whole. */
export const mostUnresolved = 40;
/** Independent faults of one file that are looked for; a file with more is told as a whole. */
const mostFaults = 5;

class TooMany extends Error {}

/** The same attempt, which throws {@link TooMany} after {@link mostUnresolved} worlds that failed in another way. */
function bounded(attempt: Try): Try {
  let left = mostUnresolved;
  return async (present) => {
    const verdict = await attempt(present);
    if (verdict === 'unresolved' && --left <= 0) throw new TooMany();
    return verdict;
  };
}

const idsOf = (parts: readonly Suspect[]) => parts.map(({ id }) => id);

/** The smallest set of parts that fails, where all of them do; undefined where it does not pass with none of them, for then it is something else that differs. */
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

/** Sets of parts that may suffice to go, the smallest first: each of a fault alone, then all of it; with what belongs to them. */
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
    // The world without any part was seen to pass already.
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
 * Looks inside of a difference. Undefined where it is to be told as a whole: it has no parts, the command fails without any of them, the present world is not healed
 * without those that were found, or too many worlds cannot be built.
 */
export async function lookInside(question: InsideQuestion): Promise<Omit<Inside, 'id'> | undefined> {
  try {
    return await search(question);
  } catch (error) {
    if (error instanceof TooMany) return undefined;
    throw error;
  }
}
