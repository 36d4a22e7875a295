/**
 * What collectors hand to the pure middle: plain facts about one target at one moment. Nothing here is secret
 * (collectors redact) and nothing here decides anything.
 */

import type { Facet, Level } from '../catalog/facets.ts';
import type { CacheFacts } from './facets/cache.ts';
import type { ContextFacts } from './facets/context.ts';
import type { ModulesFacts } from './facets/modules.ts';
import type { ToolchainFacts } from './facets/toolchain.ts';
import type { ToolsFacts } from './facets/tools.ts';
import type { Origin } from './origin.ts';
import type { ProbableWriter } from './probable-writer.ts';

export type { Origin } from './origin.ts';

/** One variable of the build environment: effective value (redacted), its origin and what it hides. */
export interface VariableFact {
  readonly name: string;
  readonly value: string;
  /** What stands at the origin, redacted, where go makes another value of it: `rel` of a GOCACHE that is `off` for go. */
  readonly written?: string;
  readonly origin: Origin;
  readonly shadows: readonly { readonly value: string; readonly origin: Origin }[];
  /** The value that Go itself would default to where nothing is missing; equal values are no snapshot entry. */
  readonly default?: string;
}

/** A line of the GOENV file that Go reads or ignores; values are redacted. */
export interface GoenvLine {
  readonly line: number;
  readonly name: string;
  readonly value: string;
}

/** Whose environment was read, and whether it could be (design §2). */
export interface EnvironmentReading {
  readonly source: 'self' | 'process' | 'build' | 'file' | 'none';
  readonly readable: boolean;
  /** Why not: a closed set of words, the label of `godrift_target_readable`. */
  readonly reason:
    | 'ok'
    | 'absent'
    | 'denied'
    | 'not-found'
    // What the kernel asks of whoever reads another process (ptrace(2), PTRACE_MODE_READ_FSCREDS), and this one lacks.
    | 'uid'
    | 'gid'
    | 'capabilities'
    // Why no process was found at all: /proc hides those of others, or shows those of this container alone.
    | 'hidepid'
    | 'no-shared-pid-namespace'
    | 'malformed'
    | 'workspace-absent'
    // The pass itself: it took too long, its thread died, or it met what it was not made for.
    | 'timeout'
    | 'crashed'
    // The system refused to read something for reasons of its own: nothing is known.
    | 'system-error'
    | 'failed';
}

/** Whether nobody read the variables that builds have, PATH among them: then the usual places stand in for it. */
export const isProcessUnknown = ({ source, readable }: EnvironmentReading): boolean =>
  source === 'none' || !readable;

/** A tag that is checked out, the version that it is, and what go stamps instead, for the module cache has it in these files. */
export interface StaleStamp {
  readonly tag: string;
  readonly version: string;
  readonly stamped: string;
  readonly files: readonly [string, ...string[]];
}

/** Why go cannot ask git for the state of the repository that it stamps programs with. `directory`: the repository, or the place of the first of several. */
export type StampingProblem = { readonly directory: string } & (
  | {
      readonly why: 'owner';
      /** What belongs to `owner`: the directory itself, its `.git`, or the directory that this names. */
      readonly owned: string;
      readonly owner: number;
      readonly uid: number;
      /** A `safe.directory` that would cover it, if `git`, the version of the git on PATH, took such. */
      readonly ignored?: string;
      readonly git?: string;
    }
  /** `no-git`: none on PATH; `no-repository`: a `.git` that is none; `damaged`: one whose HEAD is none. */
  | { readonly why: 'no-git' | 'no-repository' | 'damaged' }
  /** A file of the configuration that git cannot parse. */
  | { readonly why: 'config'; readonly file: string; readonly line: number }
  /** What the configuration of the repository demands, and the git of this version refuses; the first that takes it, where one is known. */
  | {
      readonly why: 'format';
      readonly file: string;
      readonly what: string;
      readonly since?: string;
      readonly git: string;
    }
  /** The file `.git` of the directory, a worktree or submodule, names what is no repository. */
  | { readonly why: 'gone'; readonly file: string }
  /** An index that is none. */
  | { readonly why: 'index'; readonly file: string }
  /** What GIT_DIR names is no repository. */
  | { readonly why: 'git-dir'; readonly file: string }
  /** Two systems of version control; `mark`: the name by which go knows one. */
  | {
      readonly why: 'several';
      readonly first: VersionControl;
      readonly second: VersionControl;
    }
);

/** A version control that go finds. */
export interface VersionControl {
  readonly system: string;
  readonly at: string;
  readonly mark: string;
}

/** The facet `env`. */
export interface EnvFacts {
  readonly goenv: {
    readonly path: string;
    readonly state: 'read' | 'absent' | 'off' | 'unreadable';
    readonly problem?: string;
    readonly lines: readonly GoenvLine[];
    readonly ignored: readonly { readonly line: number; readonly why: string }[];
  };
  readonly variables: ReadonlyMap<string, VariableFact>;
  /** Keyed hash of what is hidden of a variable, by name: equal hashes of one key mean equal values. */
  readonly secrets?: ReadonlyMap<string, string>;
  /** What `$GOROOT/go.env` says for the variables that every release sets there, redacted, by name; absent where that is not known. */
  readonly shipped?: ReadonlyMap<string, string>;
  /** Variables of the process environment by name, present and not empty, for `required`. */
  readonly present: ReadonlySet<string>;
  /** GOTMPDIR, or TMPDIR without it, as it is set: undefined when neither is. */
  readonly temporary?: {
    readonly name: 'GOTMPDIR' | 'TMPDIR';
    readonly path: string;
    readonly exists: boolean;
    /** A directory that can be written. */
    readonly usable: boolean;
  };
  /** The directory for temporary files where nothing may be started from it, and the variable that names it; without a name it is that of the system. */
  readonly noexec?: { readonly name: 'GOTMPDIR' | 'TMPDIR' | ''; readonly path: string };
  /** Whether the go.work that GOWORK names is there; undefined when it names none. */
  readonly goworkFound?: boolean;
  /** A directory lies where GOWORK names a file. */
  readonly goworkDirectory?: true;
  /** The go.mod that go passes over, as it lies directly in the directory for temporary files; undefined where there is none, or a go.work is in force. */
  readonly passedOver?: { readonly gomod: string; readonly directory: string };
  /** A file lies where GOMODCACHE names a directory. */
  readonly modCacheFile?: true;
  /** A file lies where GOBIN names a directory. */
  readonly gobinFile?: true;
  /** What go says when it starts the program of GOCACHEPROG; undefined when it can, and when none is named. */
  readonly cacheProgramProblem?: string;
  /** Whether there is a program where GOPACKAGESDRIVER names one; undefined when it names none, or nobody can say. */
  readonly packagesDriverFound?: boolean;
  /** The `gopackagesdriver` that PATH finds, where GOPACKAGESDRIVER is not set. */
  readonly packagesDriver?: string;
  /** What go says to GOAUTH; its value is a secret. */
  readonly authProblem?: string;
  /** Files and programs that flags of GOFLAGS name and that are not there; a program without a slash is not on PATH. */
  readonly goflagsMissing?: readonly { readonly flag: string; readonly path: string }[];
  /** What go says to the file of -overlay, or to the `source` of the workspace that it replaces. */
  readonly overlayProblem?: { readonly path: string; readonly text: string; readonly source?: string };
  /** GOMEMLIMIT, where the runtime of Go takes it for no limit. */
  readonly badMemoryLimit?: string;
  /** What stops every build of a program here; undefined where nothing does, or nobody can tell. */
  readonly stamping?: StampingProblem;
  /** Another version than that of its tag, with which programs are stamped here. */
  readonly staleStamp?: StaleStamp;
  /** Whether the configured C compiler was found; undefined when cgo is off. */
  readonly compilerFound?: boolean;
  /** The first program of CC that was not found: a launcher, or the compiler that it starts. */
  readonly compilerMissing?: string;
  /** Variables for which `go env` answered otherwise than the files said; undefined while not asked. */
  readonly disagreements?: readonly string[];
}

/**
 * How a collector ended: `absent` means that there is nothing to read, `not_evaluated` that nobody looked this time, `failed`
 * that reading broke. What was not evaluated or failed is not compared with anything.
 */
export type Outcome<T> =
  | {
      readonly status: 'ok';
      readonly facts: T;
      /** Keys of the facet that this look could not settle (`toolchain.digest`, or all below with `modules.*`): compared with nothing. */
      readonly unsettled?: readonly string[];
      /** Why rules of the facet could not all be judged, in words: what they found holds, and that they found nothing says nothing. */
      readonly unjudged?: string;
      /** What is unsettled is being made in the background. */
      readonly pending?: true;
    }
  /** `facts` are what was seen on the way: rules look at them, entries are not made of them. */
  | {
      readonly status: 'not_evaluated';
      readonly why: string;
      readonly facts?: T;
      /** Keys that a snapshot of this look must name as open: who is compared with it would take them for keys that came. */
      readonly unsettled?: readonly string[];
    }
  | { readonly status: 'absent' | 'failed'; readonly why: string };

/** The facts of each facet. */
export interface FactsOf {
  readonly toolchain: ToolchainFacts;
  readonly env: EnvFacts;
  readonly modules: ModulesFacts;
  readonly cache: CacheFacts;
  readonly tools: ToolsFacts;
  readonly context: ContextFacts;
}

/** When and how long a collector ran. */
export interface CollectorRun {
  readonly collector: string;
  readonly facet: Facet;
  readonly start: number;
  readonly end: number;
  readonly success: boolean;
  /** It read everything, and its rules could not all be judged: {@link why}. */
  readonly unjudged?: true;
  readonly why?: string;
  /** Entries that the facet has now. */
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

/** The facts of a facet, where it was read. */
export function factsOf<F extends Facet>(observation: Observation, facet: F): FactsOf[F] | undefined {
  const outcome = observation[facet] as Outcome<FactsOf[F]>;
  return outcome.status === 'ok' ? outcome.facts : undefined;
}

/** As {@link factsOf}, and what was seen of a facet that was not evaluated. */
export function seenOf<F extends Facet>(observation: Observation, facet: F): FactsOf[F] | undefined {
  const outcome = observation[facet] as Outcome<FactsOf[F]>;
  return 'facts' in outcome ? outcome.facts : undefined;
}

/**
 * A repair that is a command, as data: whoever prints a script quotes the values, so that none of them becomes code. `remove-line` holds
 * for that line only while it still sets the variable; `also` are the other lines of the file that set it, the last of which would come
 * into force.
 */
export type Fix =
  | {
      readonly action: 'run';
      readonly argv: readonly string[];
      /** Where it is run, absolute, where that matters: go takes the module of the directory that it stands in. */
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

/** The waiver that covers a finding: shown beside it, and then it does not count. */
export interface WaivedBy {
  readonly id: string;
  readonly reason: string;
  readonly who: string;
  /** RFC 3339, UTC. */
  readonly expires: string;
}

/** Something to tell (contract §2). */
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
  /** Who probably wrote the files behind a drift, where an exporter of this host saw it. */
  readonly writers?: readonly ProbableWriter[];
}
