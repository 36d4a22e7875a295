/**
 * The experiment: is the failure there, is it gone in the approved world, which differences does it take, and which repair heals. Everything is tried; what was
 * tried twice with two answers is told and blames nobody. Pure but for the worlds that it has run.
 */
import { type Inside, lookInside, type PartSuspect } from './parts.ts';
import { type Narrowed, type Suspect, smallestCause, type Verdict } from './search.ts';
import {
  type Ending,
  type Failure,
  failureOf,
  hasPassed,
  isSameFailure,
  messageOf,
  verdictOf,
} from './verdict.ts';

/**
 * Runs the command in the world in which exactly these differences are there. Of those that are `divided` the parts that are there are named instead of themselves. Throws
 * {@link Stopped} where people want no more.
 */
export type RunWorld = (present: readonly string[], divided: readonly string[]) => Promise<Ending>;

/** Somebody wants no more worlds. */
export class Stopped extends Error {}

/** One cause: differences that only together make the command fail, and what of them has to go. */
export interface Cause {
  readonly ids: readonly string[];
  /** The line that the failure prints in the world with nothing but this cause. */
  readonly message: string;
  /** The fewest of them without which the present world was seen to pass, together with those of the causes before; undefined where it was not. */
  readonly healedBy?: readonly string[];
  /** Which parts of its differences it takes, for those that have parts and could be looked into. */
  readonly inside?: readonly Inside[];
  /** No world could be made without it; go alone was seen to fail so, with nothing of this machine's settings and workspace. */
  readonly alone?: true;
}

/** How an investigation ended. */
export type Finished =
  | /** The command does not fail. */ { readonly result: 'passes' }
  | /** One world answered in two ways. */ {
      readonly result: 'flaky';
      readonly world: 'present' | 'approved' | 'cause';
      readonly message: string;
    }
  | /** With everything undone that can be undone it still does not pass. */ {
      readonly result: 'not-reproduced';
      readonly message: string;
      readonly approved: string;
      readonly failure: Failure;
    }
  | { readonly result: 'found'; readonly causes: readonly Cause[]; readonly message: string }
  | /** What was left when it was stopped. */ {
      readonly result: 'stopped';
      readonly left: readonly string[];
      readonly message: string;
    };

/** A world that was tried, in order. */
export interface Tried {
  readonly present: readonly string[];
  readonly verdict: Verdict;
}

/** What is looked into. */
export interface Question {
  readonly suspects: readonly Suspect[];
  readonly run: RunWorld;
  /** Asked while the approved world does not pass, until there are none: suspects that are unlikely, or cost too much to look for at first. */
  readonly more?: () => Promise<readonly Suspect[]>;
  /** How likely a suspect is, now that the failure is known. */
  readonly weigh?: (suspect: Suspect, message: string) => number;
  /** The parts of a difference, for when it was found to be of the cause; none where it is looked at as a whole. */
  readonly parts?: (id: string) => Promise<readonly PartSuspect[]>;
  readonly jobs?: number;
  readonly tried?: (world: Tried) => void;
  readonly narrowed?: Narrowed;
}

/** Independent causes that are looked for; a machine with more has not drifted, it is another one. */
const mostCauses = 5;

const keyOf = (present: readonly string[], divided: readonly string[]) =>
  [[...present].sort().join('\0'), ...[...divided].sort()].join('\0\0');

/** How a world is tried. */
interface Way {
  /** Once more, though it is known. */
  readonly again?: boolean;
  readonly divided?: readonly string[];
}

class Investigation {
  readonly #question: Question;
  readonly #known = new Map<string, Ending>();
  suspects: readonly Suspect[];
  left: readonly string[];
  message = '';

  constructor(question: Question) {
    this.#question = question;
    this.suspects = question.suspects;
    this.left = this.#ids();
  }

  #ids(): readonly string[] {
    return this.suspects.map(({ id }) => id);
  }

  async #run(
    present: readonly string[],
    failure: Failure | undefined,
    { again = false, divided = [] }: Way = {},
  ): Promise<Ending> {
    const key = keyOf(present, divided);
    const known = again ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const ending = await this.#question.run(present, divided);
    this.#known.set(key, ending);
    const verdict =
      failure === undefined ? (hasPassed(ending) ? 'passes' : 'fails') : verdictOf(ending, failure);
    this.#question.tried?.({ present, verdict });
    return ending;
  }

  /** The failure of the present world, seen twice; or how the investigation ends without one. */
  async #present(): Promise<Failure | Finished> {
    const first = await this.#run(this.#ids(), undefined);
    this.message = hasPassed(first) ? '' : messageOf(first.output);
    const second = await this.#run(this.#ids(), undefined, { again: true });
    if (hasPassed(first) && hasPassed(second)) return { result: 'passes' };
    const seen = failureOf([first, second]);
    if (hasPassed(first) || hasPassed(second) || !isSameFailure(second, seen))
      return { result: 'flaky', world: 'present', message: this.message || messageOf(second.output) };
    return seen;
  }

  /** Undefined where the approved world passes, twice; else how the investigation ends. */
  async #approved(failure: Failure): Promise<Finished | undefined> {
    let first = await this.#run([], failure);
    while (!hasPassed(first)) {
      const more = (await this.#question.more?.()) ?? [];
      if (more.length === 0) break;
      this.suspects = [...this.suspects, ...more];
      // Whatever was tried was tried with all of these.
      this.#known.clear();
      first = await this.#run([], failure);
    }
    if (!hasPassed(first))
      return { result: 'not-reproduced', message: this.message, approved: messageOf(first.output), failure };
    const second = await this.#run([], failure, { again: true });
    if (hasPassed(second)) return undefined;
    return { result: 'flaky', world: 'approved', message: messageOf(second.output) };
  }

  #weighed<S extends Suspect>(suspects: readonly S[], message: string): readonly S[] {
    const { weigh } = this.#question;
    return suspects.map((one) => ({ ...one, likelihood: weigh?.(one, message) ?? one.likelihood }));
  }

  /** The fewest of a cause without which the rest passes; and how the world without all of it ended, where that does not. */
  async #healed(
    cause: readonly string[],
    rest: readonly string[],
  ): Promise<{ readonly by?: readonly string[]; readonly still?: Ending }> {
    const without = (gone: readonly string[]) => [...rest, ...cause.filter((id) => !gone.includes(id))];
    if (cause.length > 1)
      for (const id of cause) if (hasPassed(await this.#run(without([id]), undefined))) return { by: [id] };
    const still = await this.#run(rest, undefined);
    return hasPassed(still) ? { by: cause } : { still };
  }

  /** Which parts of the differences of a cause it takes, and which of these have to go. `rest` are the differences that are of no cause so far. */
  async #inside(
    { ids, healedBy = [] }: Cause,
    rest: readonly string[],
    { failure, message }: { readonly failure: Failure; readonly message: string },
  ): Promise<readonly Inside[]> {
    const found: Inside[] = [];
    let present = ids;
    const kept = ids.filter((one) => !healedBy.includes(one));
    for (const id of ids) {
      const parts = (await this.#question.parts?.(id)) ?? [];
      const others = present.filter((one) => one !== id);
      const divided = [...found.map((one) => one.id), id];
      const without = async (gone: readonly string[]) => {
        const there = parts.flatMap((part) => (gone.includes(part.id) ? [] : [part.id]));
        return await this.#run([...rest, ...kept, ...there], undefined, { divided: [id] });
      };
      const inside = await lookInside({
        parts,
        failure,
        message,
        weigh: (some, said) => this.#weighed(some, said),
        run: (some) => this.#run([...others, ...some], failure, { divided }),
        ...(healedBy.includes(id) ? { without } : {}),
        jobs: this.#question.jobs ?? 1,
      });
      if (inside === undefined) continue;
      present = [...others, ...inside.parts];
      found.push({ id, ...inside });
    }
    return found;
  }

  /** Causes one after the other: what fails without the first one has another. */
  async #causes(first: Failure): Promise<Finished> {
    const causes: Cause[] = [];
    let rest = this.suspects;
    let failure = first;
    let { message } = this;
    while (rest.length > 0 && causes.length < mostCauses) {
      const attempt = async (present: readonly string[]) =>
        verdictOf(await this.#run(present, failure), failure);
      const narrowed = (left: readonly string[]) => {
        this.left = left;
        this.#question.narrowed?.(left);
      };
      const ids = await smallestCause(this.#weighed(rest, message), attempt, {
        jobs: this.#question.jobs ?? 1,
        narrowed,
      });
      const again = await this.#run(ids, failure, { again: true });
      if (!isSameFailure(again, failure)) return { result: 'flaky', world: 'cause', message };
      rest = rest.filter(({ id }) => !ids.includes(id));
      const left = rest.map(({ id }) => id);
      const { by, still } = await this.#healed(ids, left);
      const cause = { ids, message: messageOf(again.output), ...(by === undefined ? {} : { healedBy: by }) };
      narrowed(ids);
      const inside = await this.#inside(cause, left, { failure, message });
      causes.push({ ...cause, ...(inside.length === 0 ? {} : { inside }) });
      if (still === undefined) break;
      failure = failureOf([still]);
      message = messageOf(still.output);
    }
    return { result: 'found', causes, message: this.message };
  }

  async run(): Promise<Finished> {
    try {
      const present = await this.#present();
      if ('result' in present) return present;
      if (this.suspects.length === 0 && this.#question.more === undefined)
        return {
          result: 'not-reproduced',
          message: this.message,
          approved: this.message,
          failure: present,
        };
      return (await this.#approved(present)) ?? (await this.#causes(present));
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      return { result: 'stopped', left: this.left, message: this.message };
    }
  }
}

/** Looks into a failure. Throws what running a world throws, but for {@link Stopped}. */
export function investigate(question: Question): Promise<Finished> {
  return new Investigation(question).run();
}
