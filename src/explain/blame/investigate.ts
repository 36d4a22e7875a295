/**
 * The experiment of `godrift blame`. Does the command fail here? Does it pass in the approved world? Which
 * differences are needed for the failure, and which repair makes it pass? Everything is tried. If the same
 * world gives two different results, the command is reported as flaky and nothing is blamed. Pure except for
 * the trials.
 */
import { type Inside, lookInside, type PartSuspect } from './parts.ts';
import { type OnNarrowed, type Suspect, smallestCause, type TrialResult } from './search.ts';
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
 * Runs the command in the world with exactly these differences. For differences in `divided`, `present` lists
 * their parts instead. Throws {@link Stopped} if the user stops the investigation.
 */
export type RunWorld = (present: readonly string[], divided: readonly string[]) => Promise<Ending>;

/** The user stopped the investigation. */
export class Stopped extends Error {}

/** One cause: differences that make the command fail only together, and which of them to undo. */
export interface Cause {
  readonly ids: readonly string[];
  /** The message of the failure in the world with only this cause. */
  readonly message: string;
  /**
   * The fewest differences without which, and without those of earlier causes, the present world passed;
   * undefined if it did not pass.
   */
  readonly healedBy?: readonly string[];
  /** The parts that are needed, for differences that have parts and could be searched. */
  readonly inside?: readonly Inside[];
  /**
   * The cause cannot be undone in a world. Instead go alone was shown to fail in the same way, without this
   * machine's settings and workspace.
   */
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
  | /** The command still fails with everything undone that can be undone. */ {
      readonly result: 'not-reproduced';
      readonly message: string;
      readonly approved: string;
      readonly failure: Failure;
    }
  | { readonly result: 'found'; readonly causes: readonly Cause[]; readonly message: string }
  | /** The suspects that were left when it was stopped. */ {
      readonly result: 'stopped';
      readonly left: readonly string[];
      readonly message: string;
    };

/** A world that was tried; in order. */
export interface Tried {
  readonly present: readonly string[];
  readonly verdict: TrialResult;
}

/** Input of an investigation. */
export interface Question {
  readonly suspects: readonly Suspect[];
  readonly run: RunWorld;
  /**
   * Called repeatedly while the approved world fails, until it returns none: further suspects that are
   * unlikely or expensive to find.
   */
  readonly more?: () => Promise<readonly Suspect[]>;
  /** Updates a likelihood, given the failure's message. */
  readonly weigh?: (suspect: Suspect, message: string) => number;
  /**
   * Returns the parts of a difference that belongs to the cause; empty if it can only be treated as a whole.
   */
  readonly parts?: (id: string) => Promise<readonly PartSuspect[]>;
  readonly jobs?: number;
  readonly tried?: (world: Tried) => void;
  readonly onNarrowed?: OnNarrowed;
}

/** Most independent causes to search for. A machine with more has not drifted; it is a different machine. */
const mostCauses = 5;

const keyOf = (present: readonly string[], divided: readonly string[]) =>
  [[...present].sort().join('\0'), ...[...divided].sort()].join('\0\0');

/** How to run a trial. */
interface Way {
  /** Run again even if the result is known. */
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

  /**
   * Returns the failure of the present world, seen twice; or the result if there is no reproducible failure.
   */
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

  /** Returns undefined if the approved world passes twice; else the result of the investigation. */
  async #approved(failure: Failure): Promise<Finished | undefined> {
    let first = await this.#run([], failure);
    while (!hasPassed(first)) {
      const more = (await this.#question.more?.()) ?? [];
      if (more.length === 0) break;
      this.suspects = [...this.suspects, ...more];
      // All earlier trials included the new suspects, so their results are invalid.
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

  /**
   * Returns the fewest differences of a cause without which the rest passes; or, if the rest fails, how it
   * ended.
   */
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

  /**
   * Searches inside the differences of a cause: which parts are needed, and which must be undone. `rest` are
   * the differences that belong to no cause so far.
   */
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

  /**
   * Searches for one cause after the other: if the command still fails without the first cause, there is
   * another one.
   */
  async #causes(first: Failure): Promise<Finished> {
    const causes: Cause[] = [];
    let rest = this.suspects;
    let failure = first;
    let { message } = this;
    while (rest.length > 0 && causes.length < mostCauses) {
      const attempt = async (present: readonly string[]) =>
        verdictOf(await this.#run(present, failure), failure);
      const onNarrowed = (left: readonly string[]) => {
        this.left = left;
        this.#question.onNarrowed?.(left);
      };
      const ids = await smallestCause(this.#weighed(rest, message), attempt, {
        jobs: this.#question.jobs ?? 1,
        onNarrowed,
      });
      const again = await this.#run(ids, failure, { again: true });
      if (!isSameFailure(again, failure)) return { result: 'flaky', world: 'cause', message };
      rest = rest.filter(({ id }) => !ids.includes(id));
      const left = rest.map(({ id }) => id);
      const { by, still } = await this.#healed(ids, left);
      const cause = { ids, message: messageOf(again.output), ...(by === undefined ? {} : { healedBy: by }) };
      onNarrowed(ids);
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

/** Investigates a failure. Rejects with any error that running a world throws, except {@link Stopped}. */
export function investigate(question: Question): Promise<Finished> {
  return new Investigation(question).run();
}
