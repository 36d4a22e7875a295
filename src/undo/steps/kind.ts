/** What each kind of step must be able to do; the table is in kinds.ts. */
import type { Step } from '../step.ts';

/** What a step needs while a plan is carried out. */
export interface StepPorts {
  /** The bytes of a digest, those before a step too. */
  readonly bytes: (digest: string) => Uint8Array | undefined;
  /** Steps of the plan that went before and failed. */
  readonly failed?: readonly Step[];
}

/** What became of a change: `refused` where everything was left alone, `failed` where it may be as it was or as it was to be. */
export type Taken =
  | {
      readonly done: true;
      /** Somebody else had done it already, in words. */
      readonly needless?: string;
    }
  | { readonly refused: string }
  | { readonly failed: string };

/** A kind of step. No function throws for what the system refuses. */
export interface StepKind<S extends Step> {
  /** Why this process must not take it; `outside` are directories that a pull request writes. */
  readonly unsafe: (step: S, outside: readonly string[]) => readonly string[];
  /** Checks the precondition, makes the change, and looks at what stands there. `id` is that of the rollback. */
  readonly take: (step: S, id: string, ports: StepPorts) => Promise<Taken>;
  /** Looks with a fresh eye whether what it was to reach holds; why not, where it does not. */
  readonly verify: (step: S) => Promise<string | undefined>;
  /** Removes what a killed step left beside what it changes. Throws the system's error. */
  readonly settle: (step: S, id: string) => Promise<void>;
  /**
   * Takes it back, whether it was made or not; why it could not be, where it could not. A kind that has none takes away only what nobody should have again:
   * its plan goes on where a step fails, and is finished where it was interrupted.
   */
  readonly takeBack?: (step: S, id: string, ports: StepPorts) => Promise<string | undefined>;
  /** Removes what was kept for its way back, when the outcome is recorded and it holds. Throws the system's error. */
  readonly finish?: (step: S, id: string) => Promise<void>;
}
