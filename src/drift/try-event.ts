/** Lines of the journal about a change that a person tries (`godrift try`): what stood there before, and what the command left. */
import type { Facet } from '../catalog/facets.ts';
import type { TracedDeed } from './rollback-events.ts';

/** How a try can end: with something to confirm, with nothing changed, or with a command that failed. */
export const tryResults = ['changed', 'unchanged', 'failed'] as const;

/** A try is begun, or its command has ended. Both lines have the same id, and belong to the same span. */
export interface TryEvent extends TracedDeed {
  readonly type: 'try';
  readonly phase: 'begun' | 'ended';
  /** 16 hex digits, as of a rollback: it is confirmed by the same command. */
  readonly id: string;
  readonly target: string;
  readonly workspace: string;
  /** Of `begun` all that a try may change, of `ended` what it changed. */
  readonly facets: readonly Facet[];
  readonly who: string;
  readonly reason?: string;
  /** The command as people may see it. */
  readonly command: string;
  /** SHA-256 of the record of what stood there before (store/approved), in hex. */
  readonly replaced: string;
  /** The first of the names that are kept, or that changed. */
  readonly files: readonly string[];
  /** When what stood there before comes back by itself, ms since the epoch; absent where nothing changed. */
  readonly confirm_by?: number;
  /** Of `ended`. */
  readonly result?: (typeof tryResults)[number];
  readonly why: string;
}
