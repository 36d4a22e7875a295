/** The interface of a kind of step. kinds.ts has the table of all kinds. */
import type { Step } from '../step.ts';

/** What a step needs while its plan runs. */
export interface StepPorts {
  /** Returns content by its SHA-256, including the content of files before their steps. */
  readonly bytes: (digest: string) => Uint8Array | undefined;
  /** Earlier steps of the plan that failed. */
  readonly failed?: readonly Step[];
}

/**
 * Result of a change. `refused`: nothing was changed. `failed`: the state may be the old one or the new one.
 */
export type Taken =
  | {
      readonly done: true;
      /** Why there was nothing left to do. */
      readonly needless?: string;
    }
  | { readonly refused: string }
  | { readonly failed: string };

/** A kind of step. Except for `settle` and `finish`, no function throws errors of the system. */
export interface StepKind<S extends Step> {
  /**
   * Returns why this process must not take the step. `outside` are directories that a pull request can write
   * to.
   */
  readonly unsafe: (step: S, outside: readonly string[]) => readonly string[];
  /** Checks the precondition, makes the change and checks the result. `id` is the id of the rollback. */
  readonly take: (step: S, id: string, ports: StepPorts) => Promise<Taken>;
  /** Checks whether the result of the step holds. Returns why it does not, `undefined` if it does. */
  readonly verify: (step: S) => Promise<string | undefined>;
  /** Removes temporary files of a killed step. Throws the system's error. */
  readonly settle: (step: S, id: string) => Promise<void>;
  /**
   * Reverts the step, whether it was made or not. Returns why that failed, `undefined` if it did not. A kind
   * without `takeBack` removes only what is harmful in any case: its plan goes on after a failed step and is
   * finished, not reverted, after an interruption.
   */
  readonly takeBack?: (step: S, id: string, ports: StepPorts) => Promise<string | undefined>;
  /**
   * Deletes what was kept for a revert, once the outcome is journalled as applied. Throws the system's error.
   */
  readonly finish?: (step: S, id: string) => Promise<void>;
}
