/** The answer of `godrift what-if`, as data: the table and the JSON are made from it. */
import type { Level } from '../../catalog/facets.ts';
import type { SelectionOutcome } from '../../go/select.ts';

/** What happens to a go command. */
export interface WhatIfVerdict {
  readonly outcome: SelectionOutcome;
  /**
   * The Go that builds or would be downloaded; absent if go gives up, or if the line that names it is in no
   * snapshot.
   */
  readonly version?: string;
  /** go refuses the module, because its go line requires a newer Go than the one that would build. */
  readonly refuses_module?: true;
}

/** What happens under a rare condition that no snapshot records. */
export interface WhatIfException extends WhatIfVerdict {
  /** The condition, in words. */
  readonly when: string;
}

/** A conflict that a check would report. */
export interface WhatIfConflict {
  readonly rule: string;
  readonly level: Level;
  readonly key: string;
  readonly summary: string;
}

/** Conflicts that appear or disappear: in every world consistent with the snapshot, or only in some. */
export interface ConflictChange {
  readonly certain: readonly WhatIfConflict[];
  readonly possible: readonly WhatIfConflict[];
}

/** The effect of the change on one member of the fleet. */
export interface WhatIfMember {
  readonly name: string;
  readonly pool: string;
  /** When its snapshot was taken, RFC 3339. */
  readonly time: string;
  /** As recorded; undefined if the snapshot has no toolchain. */
  readonly before?: WhatIfVerdict;
  /**
   * One verdict if the result is certain, several if the snapshot leaves it open, none if nothing is known.
   */
  readonly after: readonly WhatIfVerdict[];
  /** Results under rare conditions of project or tree; empty if the snapshot rules these out. */
  readonly unless: readonly WhatIfException[];
  /** What would decide but is in no snapshot, in words. */
  readonly unknown: readonly string[];
  readonly appear: ConflictChange;
  readonly go: ConflictChange;
  /** Whether its Go leaves the minor release that most of its pool uses; undefined if not known. */
  readonly leaves_line?: boolean;
}

/** The minor release that most members of a pool build with, before and after. */
export interface WhatIfPool {
  readonly pool: string;
  readonly members: number;
  readonly line_before?: string;
  readonly line_after?: string;
  readonly leave: readonly string[];
}

/** The whole answer (schema/what-if.schema.json). */
export interface WhatIfDocument {
  readonly schema: 'godrift.what-if/1';
  readonly time: string;
  readonly version: string;
  readonly changes: readonly { readonly key: string; readonly value: string }[];
  readonly members: readonly WhatIfMember[];
  readonly pools: readonly WhatIfPool[];
  /** Files that are not snapshots, with the reason. */
  readonly unread: readonly { readonly file: string; readonly why: string }[];
}
