/** Journal events of a change on trial (`godrift try`): the state before, and what the command changed. */
import type { Facet } from '../catalog/facets.ts';
import type { TracedDeed } from './rollback-events.ts';

/** How a try can end: with changes to confirm, without changes, or with a failed command. */
export const tryResults = ['changed', 'unchanged', 'failed'] as const;

/** A try was started, or its command ended. Both lines have the same id and belong to the same span. */
export interface TryEvent extends TracedDeed {
  readonly type: 'try';
  readonly phase: 'begun' | 'ended';
  /** 16 hex digits, like a rollback's id: the same command confirms it. */
  readonly id: string;
  readonly target: string;
  readonly workspace: string;
  /** For `begun`, all facets that the try may change; for `ended`, those that it changed. */
  readonly facets: readonly Facet[];
  readonly who: string;
  readonly reason?: string;
  /** The command, with secrets removed. */
  readonly command: string;
  /** SHA-256 of the record of the previous state (store/approved), in hex. */
  readonly replaced: string;
  /** The first of the files that are saved, or that changed. */
  readonly files: readonly string[];
  /** When the previous state is restored automatically, ms since the epoch; absent if nothing changed. */
  readonly confirm_by?: number;
  /** Only for `ended`. */
  readonly result?: (typeof tryResults)[number];
  readonly why: string;
}
