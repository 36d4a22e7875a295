/**
 * The facet `toolchain`, as facts: the go on PATH, the toolchain that a build would use, and other toolchains
 * on the host.
 */
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
  /** Version without the `go` prefix; undefined if the file is not a Go binary. */
  readonly version?: string;
  readonly problem?: string;
  /**
   * A script whose target could not be determined, or only by its version manager; it may well start a go.
   */
  readonly unclear?: true;
  /** What is missing from its tree, in words; builds with it fail. */
  readonly incomplete?: string;
  /**
   * Set if a shell in the workspace finds it through a relative or empty PATH entry; `ofTheCode`: the entry
   * lies in the code itself.
   */
  readonly relative?: { readonly entry: string; readonly ofTheCode: boolean };
}

/** A relative or empty entry of PATH. */
export interface RelativeEntry {
  readonly entry: string;
  /** Programs that a build starts by name and that exist there now. */
  readonly programs: readonly string[];
}

/** A program of a GOROOT, with the version from its build information. */
export interface GorootProgram {
  readonly name: string;
  readonly version?: string;
  readonly problem?: string;
}

/** What a GOROOT's own sources say that it supports; undefined parts could not be read. */
export interface GorootKnowledge {
  readonly experiments?: Experiments;
  readonly levelTags?: LevelTags;
  /** `GOOS/GOARCH`. */
  readonly platforms?: ReadonlySet<string>;
  readonly godebugs?: Godebugs;
  /** Versions and aliases that GOFIPS140 accepts, other than off and latest. */
  readonly fipsVersions?: readonly string[];
  /** Alias → version. */
  readonly fipsAliases?: ReadonlyMap<string, string>;
  /** Names of the flags that at least one go command has. */
  readonly flags?: ReadonlySet<string>;
  readonly levels?: ReadonlyMap<string, ArchLevel>;
  /** Platforms that support -race, -msan and -asan. */
  readonly sanitizers?: SanitizerPlatforms;
  /** Checksum databases that GOSUMDB accepts without a key. */
  readonly databaseHosts?: readonly string[];
}

/** The `go` that is started, and its tree. */
export interface LocalToolchain {
  readonly path: string;
  readonly realPath: string;
  /** Without the `go` prefix. */
  readonly version: string;
  /** The tree that contains the binary. */
  readonly ownGoroot: string;
  /** The effective GOROOT; the process environment and GOENV take precedence over the binary's own tree. */
  readonly goroot: string;
  readonly gorootOrigin: Origin;
  /** Whether the effective GOROOT contains the parts of a Go tree. */
  readonly gorootParts: {
    readonly exists: boolean;
    readonly pkgTool: boolean;
    readonly src: boolean;
    /** Missing directories of the standard library and headers of its assembly, relative to GOROOT. */
    readonly lacks?: readonly string[];
  };
  readonly programs: readonly GorootProgram[];
  /** Programs of the effective GOROOT that the building user may not execute, relative to GOROOT. */
  readonly refused: readonly string[];
  /** Line 1 of `$GOROOT/VERSION` without the `go` prefix. */
  readonly label?: string;
  /** `sha256:` over the files that affect builds (go/toolchain-files.ts). */
  readonly digest?: string;
  /** Set for a toolchain of the module cache whose files differ from those of its zip. */
  readonly edited?: { readonly expected: string; readonly actual: string };
  readonly partial?: string;
}

/** The go.mod or go.work in force. */
export interface ProjectFile {
  readonly kind: 'go.mod' | 'go.work';
  readonly path: string;
  readonly go?: string;
  readonly goLine?: number;
  readonly toolchain?: string;
  readonly toolchainLine?: number;
}

/** The lines of a tree's go.env by name, redacted; empty for a Go that reads no such file. */
export type TreeSettings = ReadonlyMap<string, string>;

/**
 * Inputs of the toolchain selection other than variables and project lines: enough to compute what Go would
 * select after a repair.
 */
export interface SwitchFacts {
  /** The go that is started. */
  readonly local: StartedGo;
  /** GOTOOLCHAIN of its go.env; `''` if the file does not set it. */
  readonly shipped: string;
  /** `linux/amd64`. */
  readonly platform: string;
  /** Whether go finds a go.mod in the workspace or above. */
  readonly hasGoMod: boolean;
  /** Names of `goX.Y.Z` programs on PATH. */
  readonly onPath: ReadonlySet<string>;
  /** Names of the toolchains in the module cache. */
  readonly cached: ReadonlySet<string>;
  /** Those on PATH or in the cache that do not run or cannot build. */
  readonly broken: ReadonlySet<string>;
  /**
   * The go.env of the started go's tree (key `local`) and of each of those toolchains; a missing one was not
   * read.
   */
  readonly settings: ReadonlyMap<string, TreeSettings>;
}

/** Facts of the facet `toolchain`. */
export interface ToolchainFacts {
  readonly candidates: readonly GoCandidate[];
  /** The configuration names the go of the target, so PATH does not matter. */
  readonly named?: true;
  readonly relativeEntries: readonly RelativeEntry[];
  /**
   * Project files that are symlinks out of the workspace and its repository; only go lines are read through
   * them.
   */
  readonly linkedOut: readonly string[];
  /**
   * Why godrift does not execute the go that builds, although it belongs to this user: others could replace
   * it.
   */
  readonly notRun?: string;
  readonly local?: LocalToolchain;
  /** Why no go was found. */
  readonly missing?: string;
  /** The toolchain that a go command in the workspace would use. */
  readonly selection?: Selection;
  /** Why the selected toolchain does not run, although PATH has a program of its name. */
  readonly switchProblem?: string;
  /**
   * The selected toolchain is in the module cache without a working go. Go neither notices nor downloads it
   * again.
   */
  readonly brokenSwitch?: { readonly goroot: string; readonly says: string };
  readonly project?: ProjectFile;
  readonly hasModule: boolean;
  readonly knowledge: GorootKnowledge;
  /**
   * SDKs on this host that a repair can offer: complete, and not replaceable by other users. `bin` is the
   * directory of programs; `shipped` is the GOTOOLCHAIN of its go.env, if known; `settings` is its whole
   * go.env.
   */
  readonly installed: readonly {
    readonly version: string;
    readonly bin: string;
    readonly shipped?: string;
    readonly settings?: TreeSettings;
    /** Whether `bin` contains a gofmt. */
    readonly gofmt?: true;
    /**
     * A program in `bin` that would displace one that PATH finds now, or that a build starts and PATH does
     * not find yet.
     */
    readonly displaces?: string;
  }[];
  /** Inputs of the toolchain selection; absent if no go was found. */
  readonly switches?: SwitchFacts;
  /** Paths that a repair could write to or put on PATH but that another user can replace, with the reason. */
  readonly untrusted: ReadonlyMap<string, string>;
}
