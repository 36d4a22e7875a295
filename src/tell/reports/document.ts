/** Builds the document of `check --json` (contract §2) from the state of a target. Pure. */
import type { Facet, Level } from '../../catalog/facets.ts';
import type { ContextState } from '../../drift/facets/context.ts';
import type { Finding } from '../../drift/model.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';
import { counts } from './report.ts';

export interface CheckDocument {
  readonly schema: 'godrift.check/1';
  readonly time: string;
  readonly version: string;
  readonly target: string;
  readonly workspace: string;
  readonly fingerprint: string;
  readonly baseline: {
    readonly kind: 'pinned' | 'learned' | 'none';
    readonly source?: string;
    readonly fingerprint?: string;
    readonly time?: string;
  };
  /**
   * Why the target could not be read (the `reason` of `godrift_target_readable`); level and findings then
   * mean nothing.
   */
  readonly unreadable?: TargetState['readable']['reason'];
  readonly level: Level;
  readonly findings: readonly Finding[];
  readonly facets: Readonly<Record<Facet, string>>;
  /** The observed session, and the editors that run for the workspace; not part of the fingerprint. */
  readonly context?: ContextState;
}

/** Builds the document. `version` is godrift's. */
export function checkDocument(state: TargetState, version: string): CheckDocument {
  const { baseline } = state;
  return {
    schema: 'godrift.check/1',
    time: new Date(state.time).toISOString(),
    version,
    target: state.target,
    workspace: state.workspace,
    fingerprint: state.fingerprint,
    baseline: {
      kind: baseline.kind,
      ...(baseline.kind === 'none' ? {} : { source: baseline.source }),
      ...(baseline.fingerprint === undefined ? {} : { fingerprint: baseline.fingerprint }),
      ...(baseline.time === undefined ? {} : { time: new Date(baseline.time).toISOString() }),
    },
    ...(state.readable.ok ? {} : { unreadable: state.readable.reason }),
    level: state.level,
    findings: state.findings,
    facets: state.facetStatus,
    ...(state.context === undefined ? {} : { context: state.context }),
  };
}

/**
 * Returns the exit code of a check (contract §1): 1 if a finding that is not waived reaches `failOn`,
 * otherwise 0.
 */
export function exitCodeOf(state: TargetState, failOn: Level): 0 | 1 {
  return state.findings.some((finding) => counts(finding, failOn)) ? 1 : 0;
}

/**
 * A target as an exporter publishes it, so that `godrift what-if` can predict the effect of a change on it.
 */
export interface PublishedTarget extends CheckDocument {
  readonly pool: string;
  /** Portable and host entries, without hashes of secrets and without lines of go.env. */
  readonly entries: Readonly<Record<string, string>>;
  /** The go and toolchain lines of the project: those of go.work if one is in force. */
  readonly lines: { readonly go?: string; readonly toolchain?: string };
}

/** Returns the go and toolchain lines of the deciding file, recovered from the pins. */
function linesOf({ pins }: TargetState, entries: Entries): PublishedTarget['lines'] {
  const name = entries.has('modules.go_work') ? 'go.work' : 'go.mod';
  const go = pins.find(({ source }) => source === name)?.version;
  const toolchain = pins.find(({ source, path }) => source === 'toolchain line' && path.endsWith(`/${name}`));
  return {
    ...(go === undefined ? {} : { go }),
    ...(toolchain === undefined ? {} : { toolchain: `go${toolchain.version}` }),
  };
}

/** Builds the published form of a target from its last observed entries. `version` is godrift's. */
export function publishedTarget(state: TargetState, entries: Entries, version: string): PublishedTarget {
  return {
    ...checkDocument(state, version),
    pool: state.pool,
    entries: Object.fromEntries(withoutHostEntries(entries)),
    lines: linesOf(state, entries),
  };
}
