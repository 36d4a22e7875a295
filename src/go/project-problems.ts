/**
 * What a go command refuses in the files of a project that parse by themselves: directives that this release does not know
 * (golang.org/x/mod/modfile of each release), and go.work against the modules it uses (cmd/go/internal/modload/init.go, loadWorkFile).
 */
import type { GodebugDirective, GoMod, ReplaceDirective } from './gomod.ts';
import type { Godebugs } from './goroot-source.ts';
import type { GoWork } from './gowork.ts';
import type { ModFileProblem } from './modfile-lexer.ts';
import { importPathProblem } from './module-path.ts';
import { compareGoVersions, isValidGoVersion, toolchainToVersion } from './version.ts';

/** Directives by the release that brought them. */
const since = { toolchain: '1.21', godebug: '1.23', tool: '1.24', ignore: '1.25' } as const;

/** modfile.GoVersionRE before 1.21: two numbers, and nothing behind them. */
const oldGoLine = /^[1-9][0-9]*\.(?:0|[1-9][0-9]*)$/;

/**
 * Lines of a go.mod or go.work that this go refuses and a newer one takes: directives that it calls unknown, and before 1.21 a go line with a
 * patch number or a pre-release. In the order of the file; none for a version that is not known.
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

/** What may be in both files, and what only a go.mod has. */
type Directives = Pick<GoWork, 'go' | 'toolchain' | 'godebug'> & Partial<Pick<GoMod, 'tool' | 'ignore'>>;

/** The release from which on go takes a line that {@link unknownDirectives} refuses; undefined for any other problem. */
export function takenSince({ text }: Pick<ModFileProblem, 'text'>): string | undefined {
  const verb = /^unknown directive: (\w+)$/.exec(text)?.[1] ?? '';
  if (verb in since) return since[verb as keyof typeof since];
  return /^invalid go version '(.*)': must match format 1\.23$/.exec(text)?.[1];
}

/** How {@link droppedToolchainProblems} ends what it says, by which its repair knows it. */
const takenAway = 'is a line that go takes away again';

/** The same of a version that is not written in full ({@link shortVersionProblems}). */
const writtenInFull = 'is no whole version, and go would write another one in its place';

/** Whether a problem of go.mod is a toolchain line that goes, or a version that go mod tidy writes in full: such repairs are commands. */
export function updateNeeded({ text }: Pick<ModFileProblem, 'text'>): 'toolchain' | 'version' | undefined {
  if (text.endsWith(takenAway)) return 'toolchain';
  return text.endsWith(writtenInFull) ? 'version' : undefined;
}

/**
 * A toolchain line in the go.mod of a single main module that go drops whenever it writes the file (UpdateGoModFromReqs in
 * cmd/go/internal/modload/init.go): the documented `default` (golang/go#73127), the go line said once more, and what names no toolchain since
 * 1.21. Every command that loads the file then asks for an update, which only -mod=mod may make (measured with 1.21.13 to 1.27.4). In go.work,
 * and in a member of one, the line is taken.
 */
export function droppedToolchainProblems(
  { toolchain, go }: Pick<GoMod, 'toolchain' | 'go'>,
  modFlag: string | undefined,
): readonly ModFileProblem[] {
  if (toolchain === undefined || modFlag === 'mod') return [];
  const { name, line } = toolchain;
  const dropped =
    name === `go${go?.version ?? withoutGoLine}` || compareGoVersions(toolchainToVersion(name), '1.21') < 0;
  return dropped ? [{ line, text: `updates to go.mod needed, for "toolchain ${name}" ${takenAway}` }] : [];
}

/**
 * The go line of the file that -modfile names: above the go that builds go refuses it, and does not switch, for it chooses the toolchain by
 * go.mod alone (measured with 1.21.13 to 1.27.4, GOTOOLCHAIN=auto included). Before 1.21 no go line is refused.
 */
export function modfileTooNew({ go }: Pick<GoMod, 'go'>, goVersion: string): readonly ModFileProblem[] {
  if (go === undefined || compareGoVersions(goVersion, '1.21') < 0) return [];
  return compareGoVersions(go.version, goVersion) > 0
    ? [{ line: go.line, text: `requires go >= ${go.version}${notForModfile}` }]
    : [];
}

const notForModfile = ', and go does not switch to another toolchain for the file of -modfile';

/** The version that {@link modfileTooNew} asks for; undefined for any other problem. */
export function modfileNeeds({ text }: Pick<ModFileProblem, 'text'>): string | undefined {
  return text.endsWith(notForModfile) ? /^requires go >= (\S+),/.exec(text)?.[1] : undefined;
}

/** The least that a go.mod without a go line means (gover.DefaultGoModVersion). */
export const withoutGoLine = '1.16';

/**
 * Versions in the go.mod of a single main module that are not written in full (`v1.2`, or with build metadata): go asks a proxy what they
 * stand for, and then wants to write that (modfile.Parse with fixVersion; measured with 1.21.13 and 1.27.4). Only -mod=mod may.
 */
export function shortVersionProblems(
  { shortVersions }: Pick<GoMod, 'shortVersions'>,
  modFlag: string | undefined,
): readonly ModFileProblem[] {
  if (modFlag === 'mod') return [];
  return shortVersions.map(({ line, version }) => ({
    line,
    text: `updates to go.mod needed, for ${version} ${writtenInFull}`,
  }));
}

/** A path of a main module that go takes for none (loadWorkspace and loadModFile in cmd/go/internal/modload/init.go). */
export function modulePathProblems({ module }: Pick<GoMod, 'module'>): readonly ModFileProblem[] {
  const problem = module === undefined ? undefined : importPathProblem(module.path);
  return module === undefined || problem === undefined
    ? []
    : [{ line: module.line, text: `malformed module path "${module.path}": ${problem}` }];
}

/** Packages of `tool` lines that go takes for none: a version or a directory where an import path has to be (makeMainModules). */
export function toolPathProblems({ tool }: Pick<GoMod, 'tool'>): readonly ModFileProblem[] {
  return tool.flatMap(({ path, line }) => {
    const problem = importPathProblem(path);
    return problem === undefined ? [] : [{ line, text: `malformed tool path "${path}": ${problem}` }];
  });
}

/**
 * `godebug` lines that this go refuses (CheckGodebug in cmd/go/internal/modload/init.go): of go.work where there is one, else of go.mod.
 * Nothing is said of names while the table of the toolchain is not known.
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

/** Two replacements of the same module in one file, to different places. */
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
 * Replacements of one module to different places in the go.mod files of a workspace, where go.work says nothing itself (makeMainModules in
 * cmd/go/internal/modload/init.go); the line is that of go.work that uses the second. `resolve` joins a directory and a relative path.
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
  /** As the `use` line writes it. */
  readonly use: string;
  readonly line: number;
  /** Absolute. */
  readonly directory: string;
  /** Undefined when there is no go.mod. */
  readonly mod?: GoMod;
}

const replacedInWork = 'is replaced at all versions in the go.work file';

/** Whether a problem of go.work is a replacement of a module that it uses, whatever the version: go refuses it (makeMainModules). */
export function isReplacedInWork({ text }: Pick<ModFileProblem, 'text'>): boolean {
  return text.endsWith(replacedInWork);
}

/** The go version of a go.work without a go line: the first with workspaces (gover.DefaultGoWorkVersion). */
export const workWithoutGoLine = '1.18';

/** How {@link goLineTooOld} begins what it says, by which its repair knows it. */
const goLineLags = 'the go line is too old';

/** Whether a problem of go.work is its go line, which go work use raises (errWorkTooOld in cmd/go/internal/modload/init.go). */
export function lagsInWork({ text }: Pick<ModFileProblem, 'text'>): boolean {
  return text.startsWith(goLineLags);
}

/** A go.work whose go line is older than that of modules that it uses: one problem of that line, which names them all. */
function goLineTooOld(work: GoWork, used: readonly UsedModule[]): readonly ModFileProblem[] {
  const goLine = work.go?.version ?? workWithoutGoLine;
  const newer = used.filter(({ mod }) => compareGoVersions(mod?.go?.version ?? '', goLine) > 0);
  if (newer.length === 0) return [];
  const verb = work.go === undefined ? 'implicitly requires' : 'lists';
  const names = newer.map(({ use, mod }) => `module ${use} requires go >= ${mod?.go?.version}`);
  const text = `${goLineLags}: ${names.join(', ')}, but go.work ${verb} go ${goLine}`;
  return [{ line: work.go?.line ?? 0, text }];
}

/** What go says of a go.work together with the modules it uses. */
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
