/** What a target is, as settings: a workspace, whose environment would build it, and what is demanded of it. */

import type { BaselineMode } from '../drift/choose-baseline.ts';

export type EnvironmentSetting =
  | { readonly from: 'self' | 'none' }
  | { readonly from: 'file'; readonly path: string }
  /** That of the newest go command, remembered when it has ended. */
  | { readonly from: 'build'; readonly uid?: number | undefined }
  | {
      readonly from: 'process';
      readonly exe?: string | undefined;
      readonly cmdline?: string | undefined;
      readonly uid?: number | undefined;
    };

export interface TargetSettings {
  readonly name: string;
  /** Absolute path; `''` is the target `host`: no workspace, every go on the usual paths. */
  readonly workspace: string;
  /**
   * Where a workspace that a pattern found truly is: below the fixed part of the pattern nothing was a link. What is exchanged for one later leads
   * out of the code, and is treated as such (decision 0036).
   */
  readonly found?: string;
  /** The go that answers, instead of the first one on the target's PATH. */
  readonly go?: string;
  readonly environment: EnvironmentSetting;
  readonly pool: string;
  readonly baseline: BaselineMode;
  readonly pins: {
    readonly go?: string;
    readonly goMod: 'floor' | 'exact';
    readonly tools: Readonly<Record<string, string>>;
  };
  readonly required: readonly string[];
  /** Programs, or directories of them, that are tools here: absolute, or below the workspace. */
  readonly tools: readonly string[];
  /** A rollback here has to be confirmed within so many ms, or it is taken back; undefined where none has to. */
  readonly confirmWithinMs?: number;
  /** A program (absolute) and its arguments: where it passes, that confirms. */
  readonly confirmCommand?: readonly string[];
}
