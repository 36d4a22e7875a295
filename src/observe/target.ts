/**
 * The settings of a target: its workspace, the source of its process environment, and the project's demands
 * on it.
 */

import type { BaselineMode } from '../drift/choose-baseline.ts';

export type EnvironmentSetting =
  | { readonly from: 'self' | 'none' }
  | { readonly from: 'file'; readonly path: string }
  /** Environment of the newest `go` process; kept after that process has ended. */
  | { readonly from: 'build'; readonly uid?: number | undefined }
  | {
      readonly from: 'process';
      readonly exe?: string | undefined;
      readonly cmdline?: string | undefined;
      readonly uid?: number | undefined;
    };

export interface TargetSettings {
  readonly name: string;
  /**
   * Absolute path of the workspace; `''` for the target `host`, which has no workspace and covers every `go`
   * on the usual paths.
   */
  readonly workspace: string;
  /**
   * Real path of a workspace found by a pattern, resolved when it was found (no symlink lies below the fixed
   * part of the pattern). If a component is replaced by a symlink later, the symlink leads outside the code
   * and is treated as such (decision 0036).
   */
  readonly found?: string;
  /** Path of the `go` command to use, instead of the first one on the target's PATH. */
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
  /**
   * Paths of programs, or of directories of programs, that are tools of this target: absolute, or relative to
   * the workspace.
   */
  readonly tools: readonly string[];
  /**
   * Time within which a rollback must be confirmed, ms; otherwise it is reverted. Undefined if no
   * confirmation is required.
   */
  readonly confirmWithinMs?: number;
  /** Command that confirms a rollback by exiting with 0: an absolute path and its arguments. */
  readonly confirmCommand?: readonly string[];
}
