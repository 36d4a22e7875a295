/** What `godrift why` answers, as data: what is printed as text and as JSON is made of this alone. */
import type { Facet, Level } from '../../catalog/facets.ts';
import type { EnvironmentReading, Finding, Origin } from '../../drift/model.ts';
import type { PinState } from '../../drift/state.ts';

/** One place that says something about an entry. The first that counts is in force; what stands below it is hidden. */
export interface WhyLayer {
  readonly origin: Origin;
  /** As it stands there, redacted; `''` for a line without a value. */
  readonly value: string;
  /** `in-force`; `hidden` by one above; `passed-over`: go takes it for nothing, whatever stands above; `heard`: it asks for no more than what is in force. */
  readonly state: 'in-force' | 'hidden' | 'passed-over' | 'heard';
  /** Why it is passed over, or what it is beside its value. */
  readonly note?: string;
}

/** What Go takes where nobody decides. */
export interface WhyDefault {
  readonly value: string;
  /** Where Go takes it from, in words. */
  readonly from: string;
}

/** One thing that the journal tells of an entry. Times are RFC 3339. */
export interface WhyEvent {
  readonly time: string;
  readonly event: 'drift' | 'resolved' | 'baseline' | 'rollback';
  readonly expected?: string;
  readonly actual?: string;
  readonly level?: Level;
  /** Who accepted, why a drift ended, who probably wrote the file behind it, or what became of a rollback, in words. */
  readonly note?: string;
  readonly trace_id?: string;
}

/** A way to set or to take away. */
export interface WhyWay {
  /** What is typed, or what is edited. */
  readonly what: string;
  /** For whom it holds, or what is in force then. */
  readonly effect: string;
}

/** A conflict rule that looks at the entry. */
export interface WhyRule {
  readonly rule: string;
  readonly level: Level;
  readonly holds: string;
}

/** What can be said of an entry before state and journal are asked. */
export interface Explained {
  readonly key: string;
  readonly facet: Facet;
  /** Undefined where there is none. */
  readonly value?: string;
  readonly origin?: Origin;
  /** In one sentence how the value came about, where layers do not say it. */
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
  /** Whose process environment was looked at. */
  readonly environment: EnvironmentReading['source'];
  readonly read_by: readonly string[];
  /** What it is compared with; `value` is absent where the baseline has no such entry. */
  readonly baseline: {
    readonly kind: 'pinned' | 'learned' | 'none';
    readonly source?: string;
    readonly value?: string;
  };
  readonly pins: readonly Pick<PinState, 'source' | 'kind' | 'version' | 'path' | 'line' | 'level'>[];
  readonly findings: readonly Finding[];
  /** Newest last; undefined where there is no journal to read. */
  readonly history?: readonly WhyEvent[];
  /** Older ones that are not told. */
  readonly history_omitted?: number;
}
