/** The journal event of `godrift blame`: the cause of a failing command, found by trying. */
import type { Facet } from '../catalog/facets.ts';
import type { TracedDeed } from './rollback-events.ts';

/** How an investigation can end. */
export const blameResults = ['found', 'passes', 'flaky', 'not-reproduced', 'stopped'] as const;

/** The result for one failing command; holds everything that its span needs. */
export interface BlameEvent extends TracedDeed {
  readonly type: 'blame';
  readonly target: string;
  readonly workspace: string;
  /** Facets of the entries to blame. */
  readonly facets: readonly Facet[];
  readonly result: (typeof blameResults)[number];
  /** The command, with secrets removed. */
  readonly command: string;
  /** Keys of the entries to blame. */
  readonly entries: readonly string[];
  /** Repairs that made the command pass. */
  readonly repairs: readonly string[];
  /** The answer in one sentence. */
  readonly why: string;
  readonly worlds: number;
  readonly who: string;
}
