/** What `godrift what-if` answers, as data: the table and the JSON are made of this alone. */
import type { Level } from '../../catalog/facets.ts';
import type { SelectionOutcome } from '../../go/select.ts';

/** What becomes of a go command. */
export interface WhatIfVerdict {
  readonly outcome: SelectionOutcome;
  /** The Go that builds, or would be downloaded; absent where go gives up, or where the line that asks for it is in no snapshot. */
  readonly version?: string;
  /** The module is refused: its go line asks for more than the Go that answers. */
  readonly refuses_module?: true;
}

/** What becomes of it where something holds that is rare and in no snapshot. */
export interface WhatIfException extends WhatIfVerdict {
  /** In words. */
  readonly when: string;
}

/** A conflict that a check would tell. */
export interface WhatIfConflict {
  readonly rule: string;
  readonly level: Level;
  readonly key: string;
  readonly summary: string;
}

/** The conflicts of one kind of change: in every world that fits the snapshot, or in some of them. */
export interface ConflictChange {
  readonly certain: readonly WhatIfConflict[];
  readonly possible: readonly WhatIfConflict[];
}

/** What the change does to one member. */
export interface WhatIfMember {
  readonly name: string;
  readonly pool: string;
  /** When its snapshot was taken, RFC 3339. */
  readonly time: string;
  /** As recorded; undefined where the snapshot holds no toolchain. */
  readonly before?: WhatIfVerdict;
  /** One verdict where it is known, several where the snapshot leaves it open, none where nothing can be said. */
  readonly after: readonly WhatIfVerdict[];
  /** What becomes of it where the project or the tree says what few do; a member of which the snapshot rules that out has none. */
  readonly unless: readonly WhatIfException[];
  /** What would decide and is in no snapshot, in words. */
  readonly unknown: readonly string[];
  readonly appear: ConflictChange;
  readonly go: ConflictChange;
  /** Whether its Go leaves the release line that most of its pool builds with; undefined where it is not known. */
  readonly leaves_line?: boolean;
}

/** The line of a pool before and after: what most of its members build with. */
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
  /** Files that are no snapshots, with the reason. */
  readonly unread: readonly { readonly file: string; readonly why: string }[];
}
