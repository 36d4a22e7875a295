/** The line of the journal about what was found by trying (`godrift blame`). */
import type { Facet } from '../catalog/facets.ts';
import type { TracedDeed } from './rollback-events.ts';

/** How an investigation can end. */
export const blameResults = ['found', 'passes', 'flaky', 'not-reproduced', 'stopped'] as const;

/** What was found of a command that fails; holds all that its span needs. */
export interface BlameEvent extends TracedDeed {
  readonly type: 'blame';
  readonly target: string;
  readonly workspace: string;
  /** Facets of the entries that are blamed. */
  readonly facets: readonly Facet[];
  readonly result: (typeof blameResults)[number];
  /** The command as people may see it. */
  readonly command: string;
  /** Entries that are blamed. */
  readonly entries: readonly string[];
  /** Repairs that were seen to heal. */
  readonly repairs: readonly string[];
  /** The answer in one sentence. */
  readonly why: string;
  readonly worlds: number;
  readonly who: string;
}
