/** The facet `toolchain`: which go answers, which one a build would use, and what else is there, as facts. */
import type { LevelTags } from '../../go/build-tags.ts';
import type { Experiments } from '../../go/experiments.ts';
import type { ArchLevel, Godebugs } from '../../go/goroot-source.ts';
import type { SanitizerPlatforms } from '../../go/sanitizer-platforms.ts';
import type { Selection, LocalToolchain as StartedGo } from '../../go/select.ts';
import type { Origin } from '../origin.ts';

/** A `go` found on PATH. */
export interface GoCandidate {
  readonly path: string;
  readonly realPath: string;
  /** Version without the `go` prefix; undefined when it is no Go binary. */
  readonly version?: string;
  readonly problem?: string;
  /** A script that is not understood, or whose manager alone can tell: a go may well answer. */
  readonly unclear?: true;
  /** What the tree around it lacks, in words: no build passes with it. */
  readonly incomplete?: string;
  /** The relative (or empty) entry of PATH by which a shell in the workspace finds it, and whether it lies in the code itself. */
  readonly relative?: { readonly entry: string; readonly ofTheCode: boolean };
}

/** An entry of PATH that is relative or empty. */
export interface RelativeEntry {
  readonly entry: string;
  /** Programs that a build starts by name and that stand there now. */
  readonly programs: readonly string[];
}

/** A program of a GOROOT with the version in its build information. */
export interface GorootProgram {
  readonly name: string;
  readonly version?: string;
  readonly problem?: string;
}

/** What a GOROOT's own sources say it supports; undefined parts could not be read. */
export interface GorootKnowledge {
  readonly experiments?: Experiments;
  readonly levelTags?: LevelTags;
  /** `GOOS/GOARCH`. */
  readonly platforms?: ReadonlySet<string>;
  readonly godebugs?: Godebugs;
  /** Versions and aliases that GOFIPS140 may name beside off and latest. */
  readonly fipsVersions?: readonly string[];
  /** Versions that names of those stand for. */
  readonly fipsAliases?: ReadonlyMap<string, string>;
  /** Names of flags that some go command has. */
  readonly flags?: ReadonlySet<string>;
  readonly levels?: ReadonlyMap<string, ArchLevel>;
  /** Platforms that can be built for with -race, -msan and -asan. */
  readonly sanitizers?: SanitizerPlatforms;
  /** Checksum databases that GOSUMDB may name without a key. */
  readonly databaseHosts?: readonly string[];
}

/** The `go` that answers and the tree it belongs to. */
export interface LocalToolchain {
  readonly path: string;
  readonly realPath: string;
  /** Without the `go` prefix. */
  readonly version: string;
  /** The tree that the binary lies in. */
  readonly ownGoroot: string;
  /** The effective GOROOT (process environment and GOENV beat the binary's own tree). */
  readonly goroot: string;
  readonly gorootOrigin: Origin;
  /** Whether the effective GOROOT holds what a Go tree holds. */
  readonly gorootParts: {
    readonly exists: boolean;
    readonly pkgTool: boolean;
    readonly src: boolean;
    /** Directories of the standard library, and the headers of its assembly, that are not there, by their paths below it. */
    readonly lacks?: readonly string[];
  };
  readonly programs: readonly GorootProgram[];
  /** Programs of the effective GOROOT that the user who builds may not start, by their paths in it. */
  readonly refused: readonly string[];
  /** Line 1 of `$GOROOT/VERSION` without the `go` prefix. */
  readonly label?: string;
  /** `sha256:` over the files that decide a build (go/toolchain-files.ts). */
  readonly digest?: string;
  /** A toolchain of the module cache whose files are not those of the zip that it came in. */
  readonly edited?: { readonly expected: string; readonly actual: string };
  readonly partial?: string;
}

/** The go.mod or go.work that decides, and the other one where both exist. */
export interface ProjectFile {
  readonly kind: 'go.mod' | 'go.work';
  readonly path: string;
  readonly go?: string;
  readonly goLine?: number;
  readonly toolchain?: string;
  readonly toolchainLine?: number;
}

/** The lines of a tree's go.env by name, redacted; none for a Go that reads no such file. */
export type TreeSettings = ReadonlyMap<string, string>;

/** What a selection depends on beside the variables and the project's lines: enough to ask what Go would select after a repair. */
export interface SwitchFacts {
  /** The go that is started. */
  readonly local: StartedGo;
  /** GOTOOLCHAIN of its go.env; `''` when that has none. */
  readonly shipped: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Whether there is a go.mod upward that go sees. */
  readonly hasGoMod: boolean;
  /** Names of `goX.Y.Z` programs on PATH. */
  readonly onPath: ReadonlySet<string>;
  /** Names of the toolchains that the module cache has. */
  readonly cached: ReadonlySet<string>;
  /** Those of both that do not run, or build nothing. */
  readonly broken: ReadonlySet<string>;
  /** What the go.env of the tree says that is started (key `local`), and of each of those toolchains; one that is not here was not read. */
  readonly settings: ReadonlyMap<string, TreeSettings>;
}

/** The facet `toolchain`. */
export interface ToolchainFacts {
  readonly candidates: readonly GoCandidate[];
  /** The configuration names the go of the target: PATH decides nothing. */
  readonly named?: true;
  readonly relativeEntries: readonly RelativeEntry[];
  /** Files of the project that are links out of the workspace and its repository: nothing of them but go lines is read. */
  readonly linkedOut: readonly string[];
  /** Why godrift does not run the go that builds, where it is this user's own: it could be another program tomorrow. */
  readonly notRun?: string;
  readonly local?: LocalToolchain;
  /** Why no go answers. */
  readonly missing?: string;
  /** Which toolchain a go command run in the workspace would use. */
  readonly selection?: Selection;
  /** Why the selected toolchain does not run, although something of its name is on PATH. */
  readonly switchProblem?: string;
  /** The selected toolchain lies in the module cache and has no go that runs; go neither looks nor fetches it again. */
  readonly brokenSwitch?: { readonly goroot: string; readonly says: string };
  readonly project?: ProjectFile;
  readonly hasModule: boolean;
  readonly knowledge: GorootKnowledge;
  /**
   * SDKs on this host that a repair can name, as they are whole and nobody else can exchange them: version → directory of its `bin`. `shipped` is
   * the GOTOOLCHAIN of its go.env, where that is known, and `settings` all of it.
   */
  readonly installed: readonly {
    readonly version: string;
    readonly bin: string;
    readonly shipped?: string;
    readonly settings?: TreeSettings;
    /** Its gofmt lies there, too. */
    readonly gofmt?: true;
    /** A program of that directory that would answer in place of one that PATH finds now, or that a build starts and PATH finds nowhere. */
    readonly displaces?: string;
  }[];
  /** What Go asks the host when it selects a toolchain; absent where no go answers. */
  readonly switches?: SwitchFacts;
  /** Names that a repair could write to or put on PATH, and that somebody else can exchange, with the words why. */
  readonly untrusted: ReadonlyMap<string, string>;
}
