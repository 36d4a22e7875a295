/**
 * Finds problems in go.mod and go.work files that parse without errors: directives that a release does not
 * know (golang.org/x/mod/modfile of each release), and contradictions between go.work and the modules that it
 * uses (cmd/go/internal/modload/init.go, loadWorkFile).
 */
import type { GodebugDirective, GoMod, ReplaceDirective } from './gomod.ts';
import type { Godebugs } from './goroot-source.ts';
import type { GoWork } from './gowork.ts';
import type { ModFileProblem } from './modfile-lexer.ts';
import { importPathProblem } from './module-path.ts';
import { compareGoVersions, isValidGoVersion, toolchainToVersion } from './version.ts';

/** Directives with the release that introduced them. */
const since = { toolchain: '1.21', godebug: '1.23', tool: '1.24', ignore: '1.25' } as const;

/** The pattern modfile.GoVersionRE of releases before 1.21: two numbers and nothing else. */
const oldGoLine = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)$/;

/**
 * Returns the lines of a go.mod or go.work that this go refuses but a newer one accepts, in file order:
 * unknown directives, and before 1.21 a go line with a patch number or a pre-release. Returns none if the Go
 * version is unknown (`''`).
 */
export function unknownDirectives(
  { go, toolchain, tool = [], ignore = [], godebug }: Directives,
  goVersion: string,
): readonly ModFileProblem[] {
  if (goVersion === '') return [];
  const older = (release: string) => compareGoVersions(goVersion, release) < 0;
  const firsts = { toolchain, tool: tool[0], ignore: ignore[0], godebug: godebug[0] };
  const unknown = (Object.entries(since) as [keyof typeof since, string][]).flatMap(([verb, release]) => {
    const first = firsts[verb];
    return first !== undefined && older(release)
      ? [{ line: first.line, text: `unknown directive: ${verb}` }]
      : [];
  });
  const tooExact = go !== undefined && older('1.21') && !oldGoLine.test(go.version);
  return [
    ...(tooExact
      ? [{ line: go.line, text: `invalid go version '${go.version}': must match format 1.23` }]
      : []),
    ...unknown,
  ].sort((a, b) => a.line - b.line);
}

/** The directives of a go.work or a go.mod; `tool` and `ignore` exist only in go.mod. */
type Directives = Pick<GoWork, 'go' | 'toolchain' | 'godebug'> & Partial<Pick<GoMod, 'tool' | 'ignore'>>;

/**
 * Returns the first release that accepts a line reported by {@link unknownDirectives}; undefined for any
 * other problem.
 */
export function takenSince({ text }: Pick<ModFileProblem, 'text'>): string | undefined {
  const verb = /^unknown directive: (\w+)$/.exec(text)?.[1] ?? '';
  if (verb in since) return since[verb as keyof typeof since];
  return /^invalid go version '(.*)': must match format 1\.23$/.exec(text)?.[1];
}

/**
 * The end of the texts of {@link droppedToolchainProblems}, by which {@link updateNeeded} recognizes them.
 */
const takenAway = 'is a line that go would remove';

/** The end of the texts of {@link shortVersionProblems}, by which {@link updateNeeded} recognizes them. */
const writtenInFull = 'is not a full version, and go would replace it';

/**
 * Reports whether go would rewrite go.mod to solve a problem (a toolchain line, or a short version), so that
 * a command repairs it.
 */
export function updateNeeded({ text }: Pick<ModFileProblem, 'text'>): 'toolchain' | 'version' | undefined {
  if (text.endsWith(takenAway)) return 'toolchain';
  return text.endsWith(writtenInFull) ? 'version' : undefined;
}

/**
 * Reports a toolchain line in the go.mod of a single main module that go removes whenever it writes the file
 * (UpdateGoModFromReqs in cmd/go/internal/modload/init.go): the documented `default` (golang/go#73127), a
 * repetition of the go line, and a name that is no toolchain of 1.21 or later. Every command that loads the
 * file then demands an update, which only -mod=mod may make (measured with 1.21.13 to 1.27.4). Go accepts the
 * line in go.work and in the modules of a workspace.
 */
export function droppedToolchainProblems(
  { toolchain, go }: Pick<GoMod, 'toolchain' | 'go'>,
  modFlag: string | undefined,
): readonly ModFileProblem[] {
  if (toolchain === undefined || modFlag === 'mod') return [];
  const { name, line } = toolchain;
  const dropped =
    name === `go${go?.version ?? withoutGoLine}` || compareGoVersions(toolchainToVersion(name), '1.21') < 0;
  return dropped ? [{ line, text: `updates to go.mod needed: "toolchain ${name}" ${takenAway}` }] : [];
}

/**
 * Reports a go line in the -modfile file that is newer than the go that builds. Go refuses the file instead
 * of switching, because it selects the toolchain by go.mod alone (measured with 1.21.13 to 1.27.4, including
 * GOTOOLCHAIN=auto). Before 1.21 no go line is refused.
 */
export function modfileTooNew({ go }: Pick<GoMod, 'go'>, goVersion: string): readonly ModFileProblem[] {
  if (go === undefined || compareGoVersions(goVersion, '1.21') < 0) return [];
  return compareGoVersions(go.version, goVersion) > 0
    ? [{ line: go.line, text: `requires go >= ${go.version}${notForModfile}` }]
    : [];
}

const notForModfile = ', and go does not switch to another toolchain for the file of -modfile';

/**
 * Returns the Go version that a problem of {@link modfileTooNew} requires; undefined for any other problem.
 */
export function modfileNeeds({ text }: Pick<ModFileProblem, 'text'>): string | undefined {
  return text.endsWith(notForModfile) ? /^requires go >= (\S+),/.exec(text)?.[1] : undefined;
}

/** The go version of a go.mod without a go line (gover.DefaultGoModVersion). */
export const withoutGoLine = '1.16';

/**
 * Reports non-canonical versions in the go.mod of a single main module (`v1.2`, or with build metadata): go
 * resolves them by a proxy and then needs to write the full version, which only -mod=mod allows
 * (modfile.Parse with fixVersion; measured with 1.21.13 and 1.27.4).
 */
export function shortVersionProblems(
  { shortVersions }: Pick<GoMod, 'shortVersions'>,
  modFlag: string | undefined,
): readonly ModFileProblem[] {
  if (modFlag === 'mod') return [];
  return shortVersions.map(({ line, version }) => ({
    line,
    text: `updates to go.mod needed: ${version} ${writtenInFull}`,
  }));
}

/**
 * Reports an invalid path of a main module (loadWorkspace and loadModFile in
 * cmd/go/internal/modload/init.go).
 */
export function modulePathProblems({ module }: Pick<GoMod, 'module'>): readonly ModFileProblem[] {
  const problem = module === undefined ? undefined : importPathProblem(module.path);
  return module === undefined || problem === undefined
    ? []
    : [{ line: module.line, text: `malformed module path "${module.path}": ${problem}` }];
}

/**
 * Reports `tool` lines that hold no import path but a version or a directory, for example (makeMainModules).
 */
export function toolPathProblems({ tool }: Pick<GoMod, 'tool'>): readonly ModFileProblem[] {
  return tool.flatMap(({ path, line }) => {
    const problem = importPathProblem(path);
    return problem === undefined ? [] : [{ line, text: `malformed tool path "${path}": ${problem}` }];
  });
}

/**
 * Reports `godebug` lines that this go refuses (CheckGodebug in cmd/go/internal/modload/init.go). Go checks
 * those of go.work if there is one, else of go.mod. Without the table of the toolchain (`godebugs`) names are
 * not checked.
 */
export function godebugProblems(
  lines: readonly GodebugDirective[],
  goVersion: string,
  godebugs: Godebugs | undefined,
): readonly ModFileProblem[] {
  return lines.flatMap(({ key, value, line }) => {
    const text = key === 'default' ? defaultProblem(value, goVersion) : godebugProblem(key, value, godebugs);
    return text === undefined ? [] : [{ line, text }];
  });
}

function defaultProblem(value: string, goVersion: string): string | undefined {
  const version = value.slice(2);
  if (!value.startsWith('go') || !isValidGoVersion(version)) return 'value for default= must be goVERSION';
  return goVersion !== '' && compareGoVersions(version, goVersion) > 0
    ? `default=${value} too new (toolchain is go${goVersion})`
    : undefined;
}

function godebugProblem(key: string, value: string, godebugs: Godebugs | undefined): string | undefined {
  if (/[ \t]/.test(key)) return 'key contains space';
  if (/[ \t]/.test(value)) return 'value contains space';
  if (key.includes(',')) return 'key contains comma';
  if (value.includes(',')) return 'value contains comma';
  if (godebugs === undefined || godebugs.known.some(({ name }) => name === key)) return undefined;
  const gone = godebugs.removed.find(({ name }) => name === key);
  if (gone === undefined) return `unknown godebug "${key}"`;
  return gone.old.includes(value)
    ? `removed GODEBUG "${key}" set to old value "${value}" (https://go.dev/doc/godebug#go-1${gone.removed})`
    : undefined;
}

/** Reports two different replacements of the same module in one file. */
export function conflictingReplacements(replace: readonly ReplaceDirective[]): readonly ModFileProblem[] {
  const seen = new Map<string, ReplaceDirective>();
  return replace.flatMap((one) => {
    const key = `${one.path} ${one.version ?? ''}`;
    const before = seen.get(key);
    seen.set(key, before ?? one);
    const same =
      before === undefined || (before.newPath === one.newPath && before.newVersion === one.newVersion);
    return same
      ? []
      : [
          {
            line: one.line,
            text: `conflicting replacements for ${one.path}${one.version === undefined ? '' : `@${one.version}`}`,
          },
        ];
  });
}

/**
 * Reports different replacements of one module in the go.mod files of a workspace, unless go.work replaces
 * the module itself (makeMainModules in cmd/go/internal/modload/init.go). The line is the `use` line in
 * go.work of the second module. `resolve` joins a directory and a relative path.
 */
export function contradictingReplacements(
  work: GoWork,
  used: readonly UsedModule[],
  resolve: (directory: string, relative: string) => string,
): readonly ModFileProblem[] {
  const decided = new Set(work.replace.map((one) => one.path));
  const seen = new Map<string, { readonly target: string; readonly directory: string }>();
  return used.flatMap(({ directory, line, mod }) =>
    (mod?.replace ?? [])
      .filter((one) => !decided.has(one.path))
      .flatMap((one) => {
        const key = one.version === undefined ? one.path : `${one.path}@${one.version}`;
        const target =
          one.newVersion === undefined ? resolve(directory, one.newPath) : `${one.newPath}@${one.newVersion}`;
        const before = seen.get(key);
        seen.set(key, before ?? { target, directory });
        const same = before === undefined || before.target === target || before.directory === directory;
        return same
          ? []
          : [{ line, text: `conflicting replacements for ${key}: ${before.target} and ${target}` }];
      }),
  );
}

/** A module that go.work uses. */
export interface UsedModule {
  /** The path as written in the `use` line. */
  readonly use: string;
  readonly line: number;
  /** Absolute path of the module. */
  readonly directory: string;
  /** Undefined if there is no go.mod. */
  readonly mod?: GoMod;
}

const replacedInWork = 'is replaced at all versions in the go.work file';

/**
 * Reports whether a problem of go.work is a replacement, at all versions, of a module that it uses
 * (makeMainModules).
 */
export function isReplacedInWork({ text }: Pick<ModFileProblem, 'text'>): boolean {
  return text.endsWith(replacedInWork);
}

/**
 * The go version of a go.work without a go line, the first release with workspaces
 * (gover.DefaultGoWorkVersion).
 */
export const workWithoutGoLine = '1.18';

/** The beginning of the texts of {@link goLineTooOld}, by which {@link lagsInWork} recognizes them. */
const goLineLags = 'the go line is too old';

/**
 * Reports whether a problem of go.work is a go line that is too old, which `go work use` repairs
 * (errWorkTooOld in cmd/go/internal/modload/init.go).
 */
export function lagsInWork({ text }: Pick<ModFileProblem, 'text'>): boolean {
  return text.startsWith(goLineLags);
}

/**
 * Reports a go.work whose go line is older than that of modules that it uses, as one problem that names them
 * all.
 */
function goLineTooOld(work: GoWork, used: readonly UsedModule[]): readonly ModFileProblem[] {
  const goLine = work.go?.version ?? workWithoutGoLine;
  const newer = used.filter(({ mod }) => compareGoVersions(mod?.go?.version ?? '', goLine) > 0);
  if (newer.length === 0) return [];
  const verb = work.go === undefined ? 'implicitly requires' : 'lists';
  const names = newer.map(({ use, mod }) => `module ${use} requires go >= ${mod?.go?.version}`);
  const text = `${goLineLags}: ${names.join(', ')}, but go.work ${verb} go ${goLine}`;
  return [{ line: work.go?.line ?? 0, text }];
}

/** Returns the errors that go reports for a go.work together with the modules that it uses. */
export function workProblems(work: GoWork, used: readonly UsedModule[]): readonly ModFileProblem[] {
  if (used.length === 0) return [{ line: 1, text: 'no modules were found in the current workspace' }];
  const directories = new Set<string>();
  const paths = new Set<string>();
  const problems: ModFileProblem[] = [];
  for (const { use, line, directory, mod } of used) {
    const path = mod?.module?.path;
    if (directories.has(directory))
      problems.push({ line, text: `path ${directory} appears multiple times in workspace` });
    else if (mod === undefined)
      problems.push({
        line,
        text: `cannot load module ${use} listed in go.work file: open ${directory}/go.mod: no such file or directory`,
      });
    else if (path !== undefined && paths.has(path))
      problems.push({ line, text: `module ${path} appears multiple times in workspace` });
    directories.add(directory);
    if (path !== undefined) paths.add(path);
  }
  const ownReplaced = work.replace.filter((one) => one.version === undefined && paths.has(one.path));
  return [
    ...problems,
    ...goLineTooOld(work, used),
    ...ownReplaced.map(({ path, line }) => ({
      line,
      text: `workspace module ${path} ${replacedInWork}`,
    })),
    ...conflictingReplacements(work.replace),
  ];
}
