/** The facet `modules`: the build list of a workspace, as facts, as entries and as numbers. */
import type { Level } from '../../catalog/facets.ts';
import { moduleVersionPart } from '../../go/semver.ts';
import { type PathRoots, portablePath } from '../portable.ts';

/** What a module is replaced by; without version a directory, absolute or relative as go.mod or go.work writes it. */
export interface ModuleReplacement {
  readonly path: string;
  readonly version?: string;
  /** `sha256:…` over the sources of a directory outside of the repository. */
  readonly digest?: string;
}

/** One module of the build list; main modules are not in it. */
export interface ModuleFact {
  readonly path: string;
  readonly version: string;
  /** `h1:…` of go.sum for what is built: the module, or the one that replaces it. */
  readonly sum?: string;
  readonly replacement?: ModuleReplacement;
}

/** A line of a project's file; 0 for the file as a whole. */
export interface FileLine {
  readonly path: string;
  readonly line: number;
}

/**
 * How the build list came to be known: asked of go, computed from go.mod files, or read from vendor/modules.txt.
 */
export type ListSource = 'go' | 'files' | 'vendor';

/**
 * `complete`; `incomplete`: the module cache lacks go.mod files, so only what go.mod itself says is known; `untidy`: go.mod is not what go
 * would write, and go refuses to load it; `invalid`: a file cannot be parsed, and nothing is known.
 */
export type ListState = 'complete' | 'incomplete' | 'untidy' | 'invalid';

/** A requirement of a main module that the build does not follow. */
export interface RequirementOverride {
  readonly path: string;
  /** `''` where go.mod does not name it. */
  readonly declared: string;
  /** Undefined when the build list has no such module (it is excluded). */
  readonly selected?: string;
  readonly replacement?: ModuleReplacement;
  /** Who decides: go.mod files of others, a replace line of go.mod or go.work, an exclude line, a module that go.work uses; `lost`: go.mod does not name it. */
  readonly cause: 'selection' | 'replace' | 'exclude' | 'workspace' | 'lost';
  /** Builds fail with "updates to go.mod needed". */
  readonly stops?: true;
  /** Of a lost one: a package that imports from it. */
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

/** What go refuses in go.mod or go.work. */
export interface FileProblem extends FileLine {
  readonly text: string;
}

/** A sum that go will miss or find wrong. */
export interface SumProblem {
  /** `path@version`. */
  readonly module: string;
  /** `unrecorded`: in a workspace go adds it to go.work.sum by itself. */
  readonly kind: 'missing' | 'missing-go-mod' | 'unrecorded' | 'mismatch' | 'mismatch-go-mod' | 'malformed';
  readonly expected?: string;
  readonly actual?: string;
  readonly origin: FileLine;
}

/** A module that a build needs and cannot get. */
export interface UnavailableModule {
  readonly path: string;
  readonly version: string;
  /** The package that needs it, or `''` when go needs its go.mod to load the module graph. */
  readonly neededBy: string;
  readonly why: string;
  /** The line that replaces it by a folder, where that folder is what is not there. */
  readonly replacedAt?: FileLine;
  /** The module cache cannot take it. */
  readonly barred?: CacheBar;
  /** Its zip in the download cache, which is no whole one: go fetches it no more. */
  readonly brokenZip?: string;
}

/** A package that a main module imports and no module of the build list provides. */
export interface UnprovidedImport {
  readonly package: string;
  /** The package that imports it. */
  readonly neededBy: string;
  /** A file that does. */
  readonly origin: FileLine;
  /** The go.work that uses a module with this package, where GOWORK=off keeps go from it. */
  readonly switchedOff?: string;
}

/** Why nothing can be added to the module cache. */
export interface CacheBar {
  readonly directory: string;
  readonly why: string;
  /** Who would write. */
  readonly uid: number;
  /** It is a matter of owner and mode, not of the disk. */
  readonly rights: boolean;
  /** Whose the directory is, where that is why. */
  readonly owner?: number;
  /** The directory is not there, and may not be made. */
  readonly absent: boolean;
}

/** A module that a build reads and whose go line is above that of go.mod, or above the go that builds. */
export interface NewerModule {
  /** As go names it: `path@version`, or `module ./dir` for a folder. */
  readonly name: string;
  readonly go: string;
  /** The package that imports from it; `''` in a vendored build, where go looks at every one. */
  readonly neededBy: string;
  /** The go line that it is above of; `''` where none has to keep up. */
  readonly mainGo: string;
  readonly origin: FileLine;
}

/** A go line beside those of go.mod and go.work that the go that builds must not be older than. */
export interface ModuleFloor {
  /** The file or module in words: `/src/app/alt.mod:3`, `example.com/a@v1.0.0`. */
  readonly name: string;
  readonly go: string;
}

/** An extracted module whose files are not those of its recorded hash. */
export interface EditedModule {
  readonly path: string;
  readonly version: string;
  readonly directory: string;
  readonly expected: string;
  readonly actual: string;
}

/** What is known of the extracted modules of the build list. */
export interface ExtractedModules {
  /** The files were hashed and are those of the recorded hash. */
  readonly verified: number;
  /** Looked at: no file is newer than the others; not hashed yet. */
  readonly plausible: number;
  readonly pending: number;
  /** Not in the module cache: nothing to verify. */
  readonly absent: number;
  /** The recorded hash is missing or no hash. */
  readonly unverifiable: number;
  readonly edited: readonly EditedModule[];
}

/** The vendor directory that builds here use. */
export interface VendorFacts {
  readonly directory: string;
  readonly present: boolean;
  /** It is there without a modules.txt: most likely of another language, and go mod vendor would remove all that is in it. */
  readonly foreign?: true;
  /** SHA-256 over names and content of all files; undefined while unknown. */
  readonly digest?: string;
  /** What go says of vendor/modules.txt against go.mod ("inconsistent vendoring"). */
  readonly problems: readonly string[];
  /** Folders with Go files that vendor/modules.txt does not list. */
  readonly unlisted: readonly string[];
  /** Packages that vendor/modules.txt lists and a build imports, and that have no Go file there. */
  readonly lost?: readonly { readonly package: string; readonly neededBy: string }[];
}

/** A go.work that is in force. */
export interface WorkFacts {
  readonly path: string;
  /** Whether GOWORK names it, rather than that it was found above the workspace. */
  readonly named: boolean;
  /** Whether one of its `use` lines is the module of the workspace; undefined where there is no go.mod. */
  readonly listed?: boolean;
  /** Uid of its owner, where that is neither root nor this user nor the owner of the workspace. */
  readonly foreign?: number;
  /** Repository of the workspace, when go.work lies outside of it. */
  readonly outside?: string;
}

/** A `tool` line and the module of the list that provides the package. */
export interface ToolLine {
  readonly package: string;
  readonly module?: string;
  readonly version?: string;
  readonly origin: FileLine;
}

/**
 * Build tags that decide which files of the packages that builds read are built, each with a package that has such a file: those of the code itself
 * and of folders that modules are replaced by, and those of other modules.
 */
export interface FileChoice {
  readonly own: ReadonlyMap<string, string>;
  readonly others: ReadonlyMap<string, string>;
  /** Why there may be more of them, in words. */
  readonly unread?: string;
}

/** What is known of the modules of a workspace. */
export interface ModulesFacts {
  readonly source: ListSource;
  readonly state: ListState;
  /** Why the state is not `complete`, or why go was not asked, in a few words. */
  readonly why?: string;
  readonly list: readonly ModuleFact[];
  /** Modules for which go answered otherwise than the go.mod files said; undefined when go was not asked. */
  readonly disagreements?: number;
  /** Digests of what go.mod and go.work say, whatever their layout. */
  readonly goMod?: string;
  readonly goWork?: string;
  /** Path of the module whose go.mod governs the workspace; undefined where there is no go.mod, or it names none. */
  readonly mainModule?: string;
  /** The modules that are built from their own directories. */
  readonly mains?: readonly MainModuleFact[];
  readonly work?: WorkFacts;
  readonly vendor?: VendorFacts;
  /** That builds fail, or may fail, without the -mod that GOFLAGS holds, and why, in words; undefined where they do not, or GOFLAGS has none. */
  readonly livesByMod?: string;
  readonly overrides: readonly RequirementOverride[];
  readonly problems: readonly FileProblem[];
  /** `//go:debug` lines of main packages that go refuses. */
  readonly godebugLines?: readonly FileProblem[];
  readonly sums: readonly SumProblem[];
  readonly unavailable: readonly UnavailableModule[];
  readonly unprovided?: readonly UnprovidedImport[];
  readonly newer?: readonly NewerModule[];
  /** The go line of the file of -modfile, and the newest of what go reads where go.mod has not to keep up with it. */
  readonly floors?: readonly ModuleFloor[];
  readonly extracted?: ExtractedModules;
  readonly tools: readonly ToolLine[];
  /** Asked only where a repair may choose other files. */
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

/** `v1.2.3 h1:…`, `v1.2.3 => example.com/fork v1.2.4 h1:…`, `v1.2.3 => ../dir`, or that with `sha256:…` for a directory elsewhere. */
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

/** Entries `modules.<path>`, `modules.vendor`, `modules.go_mod`, `modules.go_work`, `modules.main_module`. */
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

/** The numbers of a target's modules. */
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
 * How far a build is from a declared version (contract §3): the part that differs; a folder, or another module whose versions are its
 * own, is `patch`, since the project says so itself.
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
