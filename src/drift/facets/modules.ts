/** The facet `modules`: the build list of a workspace, as facts, as entries and as numbers. */
import type { Level } from '../../catalog/facets.ts';
import { moduleVersionPart } from '../../go/semver.ts';
import { type PathRoots, portablePath } from '../portable.ts';

/**
 * A replacement of a module. Without a version it is a directory, absolute or relative as in go.mod or
 * go.work.
 */
export interface ModuleReplacement {
  readonly path: string;
  readonly version?: string;
  /** `sha256:…` over the sources of a directory outside the repository. */
  readonly digest?: string;
}

/** One module of the build list, which does not include main modules. */
export interface ModuleFact {
  readonly path: string;
  readonly version: string;
  /** `h1:…` from go.sum for the module that is built: this one, or its replacement. */
  readonly sum?: string;
  readonly replacement?: ModuleReplacement;
}

/** A line of a project file; 0 for the file as a whole. */
export interface FileLine {
  readonly path: string;
  readonly line: number;
}

/** How the build list was determined: from go, from go.mod files, or from vendor/modules.txt. */
export type ListSource = 'go' | 'files' | 'vendor';

/**
 * `incomplete`: the module cache lacks go.mod files, so only the content of go.mod itself is known. `untidy`:
 * go.mod is not what go would write, and go refuses to load it. `invalid`: a file cannot be parsed, and
 * nothing is known.
 */
export type ListState = 'complete' | 'incomplete' | 'untidy' | 'invalid';

/** A requirement of a main module that the build does not follow. */
export interface RequirementOverride {
  readonly path: string;
  /** `''` if go.mod does not name the module. */
  readonly declared: string;
  /** Undefined if the build list does not have the module (it is excluded). */
  readonly selected?: string;
  readonly replacement?: ModuleReplacement;
  /**
   * What overrides it: go.mod files of other modules, a replace line of go.mod or go.work, an exclude line, a
   * module that go.work uses. `lost`: go.mod does not name the module.
   */
  readonly cause: 'selection' | 'replace' | 'exclude' | 'workspace' | 'lost';
  /** Builds fail with "updates to go.mod needed". */
  readonly stops?: true;
  /** For `lost`: a package that imports from the module. */
  readonly neededBy?: string;
  readonly level: Exclude<Level, 'none'>;
  readonly origin: FileLine;
}

/** A module that is built from its own directory, with the module line of its go.mod. */
export interface MainModuleFact {
  readonly path: string;
  readonly directory: string;
  readonly origin: FileLine;
}

/** A line of go.mod or go.work that go refuses. */
export interface FileProblem extends FileLine {
  readonly text: string;
}

/** A checksum that is missing or wrong for go. */
export interface SumProblem {
  /** `path@version`. */
  readonly module: string;
  /** `unrecorded`: go adds it to go.work.sum itself in a workspace. */
  readonly kind: 'missing' | 'missing-go-mod' | 'unrecorded' | 'mismatch' | 'mismatch-go-mod' | 'malformed';
  readonly expected?: string;
  readonly actual?: string;
  readonly origin: FileLine;
}

/** A module that a build needs but cannot get. */
export interface UnavailableModule {
  readonly path: string;
  readonly version: string;
  /** The package that needs it; `''` if go needs its go.mod to load the module graph. */
  readonly neededBy: string;
  readonly why: string;
  /** The replace line, if the directory that it names is missing. */
  readonly replacedAt?: FileLine;
  /** Why the module cannot be stored in the module cache. */
  readonly barred?: CacheBar;
  /** Its truncated zip in the download cache, because of which go does not download it again. */
  readonly brokenZip?: string;
}

/** A package that a main module imports and that no module of the build list provides. */
export interface UnprovidedImport {
  readonly package: string;
  /** The importing package. */
  readonly neededBy: string;
  /** A file with the import. */
  readonly origin: FileLine;
  /** The go.work whose modules provide the package but that GOWORK=off disables. */
  readonly switchedOff?: string;
}

/** Why nothing can be added to the module cache. */
export interface CacheBar {
  readonly directory: string;
  readonly why: string;
  /** The user who would write. */
  readonly uid: number;
  /** Whether owner and mode are the cause, as opposed to the disk. */
  readonly rights: boolean;
  /** Owner of the directory, if that is the cause. */
  readonly owner?: number;
  /** The directory does not exist and cannot be created. */
  readonly absent: boolean;
}

/** A module of the build whose go line is above that of go.mod, or above the go that builds. */
export interface NewerModule {
  /** As go writes it: `path@version`, or `module ./dir` for a directory. */
  readonly name: string;
  readonly go: string;
  /** The package that imports from it; `''` in a vendored build, where go checks every module. */
  readonly neededBy: string;
  /** The go line that would have to be raised; `''` if none has to. */
  readonly mainGo: string;
  readonly origin: FileLine;
}

/** A go line other than those of go.mod and go.work that sets a minimum for the go that builds. */
export interface ModuleFloor {
  /** The file or module in words: `/src/app/alt.mod:3`, `example.com/a@v1.0.0`. */
  readonly name: string;
  readonly go: string;
}

/** An extracted module whose files do not match the recorded hash. */
export interface EditedModule {
  readonly path: string;
  readonly version: string;
  readonly directory: string;
  readonly expected: string;
  readonly actual: string;
}

/** Results of verifying the extracted modules of the build list; numbers of modules. */
export interface ExtractedModules {
  /** Hashed; the files match the recorded hash. */
  readonly verified: number;
  /** Examined but not hashed yet: no file is newer than the others. */
  readonly plausible: number;
  readonly pending: number;
  /** Not in the module cache, so there is nothing to verify. */
  readonly absent: number;
  /** The recorded hash is missing or malformed. */
  readonly unverifiable: number;
  readonly edited: readonly EditedModule[];
}

/** The vendor directory that builds here use. */
export interface VendorFacts {
  readonly directory: string;
  readonly present: boolean;
  /**
   * The directory has no modules.txt: most likely it belongs to another language, and go mod vendor would
   * delete its content.
   */
  readonly foreign?: true;
  /** SHA-256 over names and content of all files; undefined while not known. */
  readonly digest?: string;
  /** Go's messages about vendor/modules.txt and go.mod ("inconsistent vendoring"). */
  readonly problems: readonly string[];
  /** Directories with Go files that vendor/modules.txt does not list. */
  readonly unlisted: readonly string[];
  /** Packages that vendor/modules.txt lists, that a build imports, and that have no Go file there. */
  readonly lost?: readonly { readonly package: string; readonly neededBy: string }[];
}

/** The go.work in force. */
export interface WorkFacts {
  readonly path: string;
  /** Whether GOWORK names it, as opposed to its being found in or above the workspace. */
  readonly named: boolean;
  /** Whether one of its `use` lines is the module of the workspace; undefined if there is no go.mod. */
  readonly listed?: boolean;
  /** Uid of its owner, if that is neither root nor this user nor the owner of the workspace. */
  readonly foreign?: number;
  /** Repository of the workspace, if go.work lies outside it. */
  readonly outside?: string;
}

/** A `tool` line, and the module of the list that provides the package. */
export interface ToolLine {
  readonly package: string;
  readonly module?: string;
  readonly version?: string;
  readonly origin: FileLine;
}

/**
 * Build tags that decide which files are built of the packages that builds read, each with a package that has
 * such a file. `own`: the code itself and directories that replace modules; `others`: other modules.
 */
export interface FileChoice {
  readonly own: ReadonlyMap<string, string>;
  readonly others: ReadonlyMap<string, string>;
  /** Why the list of tags may be incomplete. */
  readonly unread?: string;
}

/** Facts about the modules of a workspace. */
export interface ModulesFacts {
  readonly source: ListSource;
  readonly state: ListState;
  /** Why the state is not `complete`, or why go was not asked, in a few words. */
  readonly why?: string;
  readonly list: readonly ModuleFact[];
  /** Number of modules for which go disagreed with the go.mod files; undefined if go was not asked. */
  readonly disagreements?: number;
  /** Digests of the meaning of go.mod and go.work, independent of layout. */
  readonly goMod?: string;
  readonly goWork?: string;
  /**
   * Path of the module whose go.mod governs the workspace; undefined if there is no go.mod, or if it has no
   * module line.
   */
  readonly mainModule?: string;
  /** The modules that are built from their own directories. */
  readonly mains?: readonly MainModuleFact[];
  readonly work?: WorkFacts;
  readonly vendor?: VendorFacts;
  /**
   * Why builds fail or may fail without the -mod in GOFLAGS; undefined if they do not, or if GOFLAGS has
   * none.
   */
  readonly livesByMod?: string;
  readonly overrides: readonly RequirementOverride[];
  readonly problems: readonly FileProblem[];
  /** `//go:debug` lines of main packages that go refuses. */
  readonly godebugLines?: readonly FileProblem[];
  readonly sums: readonly SumProblem[];
  readonly unavailable: readonly UnavailableModule[];
  readonly unprovided?: readonly UnprovidedImport[];
  readonly newer?: readonly NewerModule[];
  /**
   * The go line of the -modfile file, and the newest go line of modules where go.mod does not have to keep
   * up.
   */
  readonly floors?: readonly ModuleFloor[];
  readonly extracted?: ExtractedModules;
  readonly tools: readonly ToolLine[];
  /** Determined only if a repair may change which files are built. */
  readonly chosenBy?: FileChoice;
}

/** Numbers for metrics. */
export interface ModulesState {
  readonly modules: number;
  readonly source: ListSource;
  readonly state: ListState;
  /** Why the list is not complete, or why go was not asked. */
  readonly why?: string;
  readonly disagreements?: number;
  readonly overrides: Readonly<Record<Exclude<Level, 'none'>, number>>;
  readonly extracted?: { readonly verified: number; readonly edited: number; readonly unverified: number };
}

/**
 * Returns the value of a module entry: `v1.2.3 h1:…`, `v1.2.3 => example.com/fork v1.2.4 h1:…`, `v1.2.3 =>
 * ../dir`, or the last one with `sha256:…` for a directory outside the repository.
 */
function moduleValue({ version, sum, replacement }: ModuleFact, roots: PathRoots): string {
  const target =
    replacement === undefined
      ? undefined
      : replacement.version === undefined
        ? portablePath(replacement.path, roots)
        : `${replacement.path} ${replacement.version}`;
  return [version, ...(target === undefined ? [] : ['=>', target]), sum, replacement?.digest]
    .filter((word) => word !== undefined)
    .join(' ');
}

/**
 * Returns the entries `modules.<path>`, `modules.vendor`, `modules.go_mod`, `modules.go_work` and
 * `modules.main_module`.
 */
export function modulesEntries(facts: ModulesFacts, roots: PathRoots): [string, string][] {
  const wholes: readonly [string, string | undefined][] = [
    ['modules.vendor', facts.vendor?.digest],
    ['modules.go_mod', facts.goMod],
    ['modules.go_work', facts.goWork],
    ['modules.main_module', facts.mainModule],
  ];
  return [
    ...facts.list.map((one): [string, string] => [`modules.${one.path}`, moduleValue(one, roots)]),
    ...wholes.filter((pair): pair is [string, string] => pair[1] !== undefined),
  ];
}

/** Returns the numbers of a target's modules. */
export function modulesState(facts: ModulesFacts): ModulesState {
  const count = (level: Level) => facts.overrides.filter((one) => one.level === level).length;
  return {
    modules: facts.list.length,
    source: facts.source,
    state: facts.state,
    ...(facts.why === undefined ? {} : { why: facts.why }),
    ...(facts.disagreements === undefined ? {} : { disagreements: facts.disagreements }),
    overrides: { patch: count('patch'), minor: count('minor'), major: count('major') },
    ...(facts.extracted === undefined ? {} : { extracted: extractedNumbers(facts.extracted) }),
  };
}

function extractedNumbers({ verified, plausible, pending, unverifiable, edited }: ExtractedModules) {
  return { verified, edited: edited.length, unverified: plausible + pending + unverifiable };
}

/**
 * Returns how far the built version is from the declared one (contract §3): the version part that differs. A
 * directory, or another module with its own versions, counts as `patch`, because the project itself chose it.
 */
export function overrideLevel(
  path: string,
  declared: string,
  built: { readonly version?: string; readonly replacement?: ModuleReplacement },
): Exclude<Level, 'none'> {
  const { version, replacement } = built;
  if (replacement !== undefined && (replacement.version === undefined || replacement.path !== path))
    return 'patch';
  const actual = replacement?.version ?? version;
  if (actual === undefined) return 'major';
  const part = moduleVersionPart(declared, actual);
  return part === 'none' ? 'patch' : part;
}
