/**
 * Output of the collectors: plain facts about one target at one moment. Collectors redact secrets, so nothing
 * here is secret, and nothing here makes decisions.
 */

import type { Facet, Level } from '../catalog/facets.ts';
import type { CacheFacts } from './facets/cache.ts';
import type { ContextFacts } from './facets/context.ts';
import type { ModulesFacts } from './facets/modules.ts';
import type { ToolchainFacts } from './facets/toolchain.ts';
import type { ToolsFacts } from './facets/tools.ts';
import type { Origin } from './origin.ts';
import type { ProbableWriter } from './probable-writer.ts';
import type { StaleStamp, StampingProblem } from './version-stamp.ts';

export type { Origin } from './origin.ts';
export type { StaleStamp, StampingProblem, VersionControl } from './version-stamp.ts';

/**
 * One variable of the build environment: its effective value (redacted), its origin and the values that it
 * shadows.
 */
export interface VariableFact {
  readonly name: string;
  readonly value: string;
  /**
   * The text at the origin (redacted), if go derives another value from it: `rel` of a GOCACHE whose value is
   * `off` to go.
   */
  readonly written?: string;
  readonly origin: Origin;
  readonly shadows: readonly { readonly value: string; readonly origin: Origin }[];
  /** Go's own default in a complete installation. A value equal to it makes no snapshot entry. */
  readonly default?: string;
}

/** A line of the GOENV file; its value is redacted. */
export interface GoenvLine {
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

/** The environment that was read, and whether it could be read (design §2). */
export interface EnvironmentReading {
  readonly source: 'self' | 'process' | 'build' | 'file' | 'none';
  readonly readable: boolean;
  /** Why it could not be read, from the closed set of label values of `godrift_target_readable`. */
  readonly reason:
    | 'ok'
    | 'absent'
    | 'denied'
    | 'not-found'
    // Missing rights to read another process (ptrace(2), PTRACE_MODE_READ_FSCREDS).
    | 'uid'
    | 'gid'
    | 'capabilities'
    // Why no process was found at all: /proc hides the processes of others, or shows those of this container
    // only.
    | 'hidepid'
    | 'no-shared-pid-namespace'
    | 'malformed'
    | 'workspace-absent'
    // The pass itself failed: it timed out, its thread died, or it threw an unexpected error.
    | 'timeout'
    | 'crashed'
    // The system refused a read for another reason; nothing is known.
    | 'system-error'
    | 'failed';
}

/**
 * Reports whether the variables of builds, PATH among them, could not be read; the usual directories then
 * stand in for PATH.
 */
export const isProcessUnknown = ({ source, readable }: EnvironmentReading): boolean =>
  source === 'none' || !readable;

/** Facts of the facet `env`. */
export interface EnvFacts {
  readonly goenv: {
    readonly path: string;
    readonly state: 'read' | 'absent' | 'off' | 'unreadable';
    readonly problem?: string;
    readonly lines: readonly GoenvLine[];
    readonly ignored: readonly { readonly line: number; readonly why: string }[];
  };
  readonly variables: ReadonlyMap<string, VariableFact>;
  /**
   * Keyed hashes of values that are partly hidden, by name. Equal hashes made with the same key mean equal
   * values.
   */
  readonly secrets?: ReadonlyMap<string, string>;
  /**
   * Values of `$GOROOT/go.env` for the variables that every release sets there, redacted, by name; absent if
   * not known.
   */
  readonly shipped?: ReadonlyMap<string, string>;
  /** Names of the variables that the process environment sets and that are not empty; for `required`. */
  readonly present: ReadonlySet<string>;
  /** GOTMPDIR, else TMPDIR, as set; undefined if neither is set. */
  readonly temporary?: {
    readonly name: 'GOTMPDIR' | 'TMPDIR';
    readonly path: string;
    readonly exists: boolean;
    /** Whether the path is a writable directory. */
    readonly usable: boolean;
  };
  /**
   * The temporary directory if programs cannot be executed there (noexec), and the variable that names it;
   * `name` is empty if it is the system's default.
   */
  readonly noexec?: { readonly name: 'GOTMPDIR' | 'TMPDIR' | ''; readonly path: string };
  /** Whether the go.work that GOWORK names exists; undefined if GOWORK names none. */
  readonly goworkFound?: boolean;
  /** GOWORK names a directory instead of a file. */
  readonly goworkDirectory?: true;
  /**
   * The go.mod that go ignores because it lies directly in the temporary directory; undefined if there is
   * none, or if a go.work is in force.
   */
  readonly passedOver?: { readonly gomod: string; readonly directory: string };
  /** GOMODCACHE names a file instead of a directory. */
  readonly modCacheFile?: true;
  /** GOBIN names a file instead of a directory. */
  readonly gobinFile?: true;
  /** Go's error when it starts the program of GOCACHEPROG; undefined if it starts, or if none is named. */
  readonly cacheProgramProblem?: string;
  /**
   * Whether the program that GOPACKAGESDRIVER names exists; undefined if none is named, or if that cannot be
   * determined.
   */
  readonly packagesDriverFound?: boolean;
  /** The `gopackagesdriver` found on PATH if GOPACKAGESDRIVER is not set. */
  readonly packagesDriver?: string;
  /** Go's error about GOAUTH, whose value is a secret. */
  readonly authProblem?: string;
  /**
   * Files and programs that flags in GOFLAGS name and that do not exist; a program without a slash is not on
   * PATH.
   */
  readonly goflagsMissing?: readonly { readonly flag: string; readonly path: string }[];
  /**
   * Go's error about the -overlay file, or about a replacement in it; `source` is the replaced file of the
   * workspace.
   */
  readonly overlayProblem?: { readonly path: string; readonly text: string; readonly source?: string };
  /** Value of GOMEMLIMIT if Go's runtime cannot parse it. */
  readonly badMemoryLimit?: string;
  /**
   * Why go cannot stamp programs here, which stops every build of a program; undefined if nothing prevents
   * it, or if that cannot be determined.
   */
  readonly stamping?: StampingProblem;
  /** Programs here are stamped with a version other than that of the checked-out tag. */
  readonly staleStamp?: StaleStamp;
  /** Whether the configured C compiler was found; undefined if cgo is off. */
  readonly compilerFound?: boolean;
  /** The first program of CC that was not found: a launcher, or the compiler that it starts. */
  readonly compilerMissing?: string;
  /** Variables for which `go env` disagreed with the files; undefined if go was not asked. */
  readonly disagreements?: readonly string[];
}

/**
 * How a collector ended. `absent`: there is nothing to read. `not_evaluated`: the facet was not looked at
 * this time. `failed`: reading failed. Facets that were not evaluated or that failed are not compared with
 * anything.
 */
export type Outcome<T> =
  | {
      readonly status: 'ok';
      readonly facts: T;
      /**
       * Keys that this observation could not settle (`toolchain.digest`, or everything below with
       * `modules.*`); they are not compared.
       */
      readonly unsettled?: readonly string[];
      /**
       * Why some rules of the facet could not be evaluated. Their findings are valid, but their silence
       * proves nothing.
       */
      readonly unjudged?: string;
      /** The unsettled part is being computed in the background. */
      readonly pending?: true;
    }
  /** `facts` were seen on the way: rules use them, but they make no entries. */
  | {
      readonly status: 'not_evaluated';
      readonly why: string;
      readonly facts?: T;
      /**
       * Keys that a snapshot of this observation must list as unsettled. Otherwise a later comparison would
       * take them for added keys.
       */
      readonly unsettled?: readonly string[];
    }
  | { readonly status: 'absent' | 'failed'; readonly why: string };

/** The type of the facts of each facet. */
export interface FactsOf {
  readonly toolchain: ToolchainFacts;
  readonly env: EnvFacts;
  readonly modules: ModulesFacts;
  readonly cache: CacheFacts;
  readonly tools: ToolsFacts;
  readonly context: ContextFacts;
}

/** When a collector ran, for how long and with which result. */
export interface CollectorRun {
  readonly collector: string;
  readonly facet: Facet;
  readonly start: number;
  readonly end: number;
  readonly success: boolean;
  /** Everything was read, but not all rules could be evaluated: {@link why}. */
  readonly unjudged?: true;
  readonly why?: string;
  /** Number of entries of the facet. */
  readonly entries?: number;
  readonly commands: readonly CommandRun[];
}

/** One executed command, for its span. */
export interface CommandRun {
  readonly executable: string;
  readonly args: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly exitCode: number | null;
}

/** Everything collected about one target in one pass. */
export interface Observation extends Readonly<{ [F in Facet]: Outcome<FactsOf[F]> }> {
  readonly target: string;
  readonly workspace: string;
  readonly time: number;
  readonly environment: EnvironmentReading;
  readonly runs: readonly CollectorRun[];
}

/** Returns the facts of a facet; undefined if it was not read successfully. */
export function factsOf<F extends Facet>(observation: Observation, facet: F): FactsOf[F] | undefined {
  const outcome = observation[facet] as Outcome<FactsOf[F]>;
  return outcome.status === 'ok' ? outcome.facts : undefined;
}

/** Returns the facts as {@link factsOf} does, and also those seen in a facet that was not evaluated. */
export function seenOf<F extends Facet>(observation: Observation, facet: F): FactsOf[F] | undefined {
  const outcome = observation[facet] as Outcome<FactsOf[F]>;
  return 'facts' in outcome ? outcome.facts : undefined;
}

/**
 * A repair that is a command, as data. Code that prints it as a script must quote the values, so that none of
 * them is executed. `remove-line` is valid only while that line still sets the variable; `also` are the other
 * lines of the file that set it, because the last of them would come into force.
 */
export type Fix =
  | {
      readonly action: 'run';
      readonly argv: readonly string[];
      /** Absolute working directory, where it matters: go uses the module of its working directory. */
      readonly directory?: string;
    }
  | { readonly action: 'unset'; readonly name: string }
  | { readonly action: 'export'; readonly name: string; readonly value: string }
  | { readonly action: 'prepend-path'; readonly directory: string }
  | {
      readonly action: 'remove-line';
      readonly name: string;
      readonly path: string;
      readonly line: number;
      readonly also?: readonly number[];
    };

/** The waiver that covers a finding. The finding is shown with it and does not count. */
export interface WaivedBy {
  readonly id: string;
  readonly reason: string;
  readonly who: string;
  /** RFC 3339, UTC. */
  readonly expires: string;
}

/** A finding (contract §2). */
export interface Finding {
  readonly kind: 'drift' | 'pin' | 'missing' | 'conflict';
  readonly rule: string;
  readonly facet: Facet;
  readonly level: Level;
  readonly key: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly origin?: Origin;
  readonly summary: string;
  readonly repair?: string;
  readonly fix?: Fix;
  readonly waived?: WaivedBy;
  /** Probable writers of the files behind a drift, if an exporter on this host saw them. */
  readonly writers?: readonly ProbableWriter[];
}
