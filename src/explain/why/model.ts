/** The answer of `godrift why`, as data: text and JSON output are made from it. */
import type { Facet, Level } from '../../catalog/facets.ts';
import type { EnvironmentReading, Finding, Origin } from '../../drift/model.ts';
import type { PinState } from '../../drift/state.ts';

/** One source of an entry's value. The first valid one is in force and hides those below. */
export interface WhyLayer {
  readonly origin: Origin;
  /** The value as written there, redacted; `''` for a line without a value. */
  readonly value: string;
  /**
   * `in-force`. `hidden`: shadowed by a layer above. `passed-over`: go ignores the value. `heard`: it asks
   * for nothing beyond what is in force.
   */
  readonly state: 'in-force' | 'hidden' | 'passed-over' | 'heard';
  /** Why the value is ignored, or additional information. */
  readonly note?: string;
}

/** The value that Go uses if nothing is set. */
export interface WhyDefault {
  readonly value: string;
  /** Where Go's default comes from, in words. */
  readonly from: string;
}

/** One journal event about an entry. Times are RFC 3339. */
export interface WhyEvent {
  readonly time: string;
  readonly event: 'drift' | 'resolved' | 'baseline' | 'rollback';
  readonly expected?: string;
  readonly actual?: string;
  readonly level?: Level;
  /**
   * Who accepted a baseline, why a drift ended, who probably wrote the file, or the result of a rollback, in
   * words.
   */
  readonly note?: string;
  readonly trace_id?: string;
}

/** A way to set or unset an entry. */
export interface WhyWay {
  /** A command to type or an edit to make. */
  readonly what: string;
  /** For whom it applies, or what is in force afterwards. */
  readonly effect: string;
}

/** A conflict rule that reads the entry. */
export interface WhyRule {
  readonly rule: string;
  readonly level: Level;
  readonly holds: string;
}

/** The part of the answer that needs neither state nor journal. */
export interface Explained {
  readonly key: string;
  readonly facet: Facet;
  /** Undefined if the entry does not exist. */
  readonly value?: string;
  readonly origin?: Origin;
  /** How the value came about, in one sentence, if the layers do not show it. */
  readonly because?: string;
  readonly layers: readonly WhyLayer[];
  readonly default?: WhyDefault;
  readonly readBy: readonly string[];
  readonly rules: readonly WhyRule[];
  readonly set: readonly WhyWay[];
  readonly unset: readonly WhyWay[];
}

/** The whole answer (schema/why.schema.json). */
export interface WhyDocument extends Omit<Explained, 'readBy'> {
  readonly schema: 'godrift.why/1';
  readonly time: string;
  readonly version: string;
  readonly target: string;
  readonly workspace: string;
  /** Source of the process environment. */
  readonly environment: EnvironmentReading['source'];
  readonly read_by: readonly string[];
  /** The baseline; `value` is absent if the baseline has no such entry. */
  readonly baseline: {
    readonly kind: 'pinned' | 'learned' | 'none';
    readonly source?: string;
    readonly value?: string;
  };
  readonly pins: readonly Pick<PinState, 'source' | 'kind' | 'version' | 'path' | 'line' | 'level'>[];
  readonly findings: readonly Finding[];
  /** Newest last; undefined if there is no readable journal. */
  readonly history?: readonly WhyEvent[];
  /** Number of older events that are left out. */
  readonly history_omitted?: number;
}
