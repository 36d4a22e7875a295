/**
 * Toolchain selection: predicts the toolchain to which a `go` command in a directory switches. The rules are
 * those of Select and Exec in cmd/go/internal/toolchain/select.go, 1.21 to 1.27, for commands without
 * `pkg@version`. All facts about the host are inputs, so the prediction downloads nothing.
 */
import { knowsToolchains } from './defaults.ts';
import { gosumdbProblem } from './gosumdb.ts';
import { goQuote } from './modfile-lexer.ts';
import { redactUrls } from './redact-urls.ts';
import { compareGoVersions, isLanguageVersion, toolchainToVersion, versionFromRuntime } from './version.ts';

/** The Go that is started: the `go` on PATH. */
export interface LocalToolchain {
  /** Without "go": `1.26.8`; the language version for a development tree. */
  readonly version: string;
  /** `runtime.Version()`, where it is more than "go" + version: `go1.26.8-X:jsonv2`. */
  readonly name?: string;
  /**
   * The version whose rules apply, if not `version`: in Go's own test scripts a new go pretends to be an old
   * one.
   */
  readonly rules?: string;
}

/** The file whose lines count: the workspace's go.work, else the nearest go.mod upward. */
export interface ProjectLines {
  /**
   * Undefined if there is no file. The caller must apply the rules of Go: GOWORK (a path or `off`) selects
   * the go.work, a missing go.work counts as none, and a go.mod directly in the directory for temporary files
   * is ignored.
   */
  readonly file: 'go.mod' | 'go.work' | undefined;
  /** The path of the file for messages; default: `file`. */
  readonly path?: string;
  /** Values and lines of `scanGoLines`. */
  readonly go?: string;
  readonly goLine?: number;
  readonly toolchain?: string;
  readonly toolchainLine?: number;
  /**
   * Whether there is a go.mod upward, which GO111MODULE=auto depends on; default: whether `file` is a go.mod.
   */
  readonly hasGoMod?: boolean;
}

/**
 * Settings that decide whether a toolchain in the module cache may be used; effective values, including
 * defaults.
 */
export interface ChecksumSettings {
  readonly gosumdb: string;
  readonly goproxy: string;
  /** Databases whose keys this Go has built in; absent where its sources are not there. */
  readonly hosts?: readonly string[];
}

/** The inputs of {@link selectToolchain}. */
export interface SelectInput {
  /**
   * GOTOOLCHAIN of the environment or GOENV, '' if set in neither, and the origin of the value (for
   * `reason`).
   */
  readonly gotoolchain: { readonly value: string; readonly origin: string };
  /** GOTOOLCHAIN of `$GOROOT/go.env`; '' if not set there, which means the local toolchain. */
  readonly gotoolchainDefault: string;
  /** GO111MODULE, '' for its default. */
  readonly go111module: string;
  readonly local: LocalToolchain;
  /** `linux/amd64`: the platform that the go command runs on (not GOOS/GOARCH of the build). */
  readonly platform: string;
  readonly project: ProjectLines;
  /** Whether an executable of exactly this name (`go1.27.3`) is on PATH. */
  readonly pathHas: (name: string) => boolean;
  /** Whether the toolchain of this name is complete in the module cache (see `toolchainCachePaths`). */
  readonly cached: (name: string) => boolean;
  /** `off` where a download cannot succeed: GOPROXY=off. */
  readonly downloads: 'on' | 'off';
  readonly sumdb: ChecksumSettings;
}

/**
 * The result of the selection. `local`: the local go runs the command; `path`, `cached`: an installed
 * toolchain runs it; `download`: a toolchain is downloaded first; `forbidden`: the checksum database is off,
 * so toolchains in the module cache may not be used; `invalid`: a setting or line is malformed; `not-found`:
 * the wanted toolchain is not available. With the last three every go command fails.
 */
export type SelectionOutcome =
  | 'local'
  | 'path'
  | 'cached'
  | 'download'
  | 'forbidden'
  | 'invalid'
  | 'not-found';

/** The setting or line that requested a toolchain other than the local one. */
export type SelectionCause = 'GOTOOLCHAIN' | { readonly file: string; readonly line: number };

/** The selected toolchain, and why it was selected. */
export interface Selection {
  /** Name of the selected toolchain, `go1.27.3`, which may be the local one; '' if a setting is invalid. */
  readonly wanted: string;
  /** Version without "go" that a build here uses or would download; '' if go would fail. */
  readonly effective: string;
  readonly outcome: SelectionOutcome;
  /** One line in English. */
  readonly reason: string;
  readonly cause?: SelectionCause;
  /** The error that every go command here prints before it exits 1; only for the failing outcomes. */
  readonly error?: string;
  /** The go line for which the effective toolchain is too old: commands that load the module fail. */
  readonly tooOldFor?: string;
  /** The error that those commands print, provided that the file can be parsed. */
  readonly tooOldError?: string;
  /** The name of the toolchain that would be downloaded. */
  readonly pendingDownload?: string;
  /**
   * Set if another toolchain is selected although the local one is at least as new (GOTOOLCHAIN=goX+auto
   * requests exactly `goN.0`).
   */
  readonly localWouldDo?: true;
  /** The steps as GODEBUG=toolchaintrace=1 (Go 1.24 and newer) prints them. */
  readonly trace: readonly string[];
}

/** Returns the local toolchain for the `runtime.Version()` of a binary (cmd/go/internal/gover/local.go). */
export function localToolchain(runtimeVersion: string): LocalToolchain {
  const version = toolchainToVersion(runtimeVersion);
  // The version of a development tree before 1.25 does not start with "go"; Go falls back to its language
  // version.
  return version === ''
    ? { version: versionFromRuntime(runtimeVersion).version }
    : { version, name: runtimeVersion };
}

/** Paths of a toolchain in the module cache, relative to GOMODCACHE. */
export interface ToolchainCachePaths {
  /**
   * The tree. It is complete if it exists, `ziphash` exists and `partial` does not (modfetch.DownloadDir).
   */
  readonly dir: string;
  readonly partial: string;
  readonly ziphash: string;
}

/** Returns the module cache paths of a toolchain such as `go1.27.3` on `linux/amd64`. */
export function toolchainCachePaths(name: string, platform: string): ToolchainCachePaths {
  // Module cache names are case-insensitive: upper case is written with an exclamation mark
  // (module.EscapeVersion).
  const version = moduleVersion(name, platform).replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
  const download = `cache/download/${toolchainModule}/@v/${version}`;
  return {
    dir: `${toolchainModule}@${version}`,
    partial: `${download}.partial`,
    ziphash: `${download}.ziphash`,
  };
}

const toolchainModule = 'golang.org/toolchain';

function moduleVersion(name: string, platform: string): string {
  return `v0.0.1-${name}.${platform.replace('/', '-')}`;
}

/** A parsed GOTOOLCHAIN. */
interface Setting {
  /** The minimum toolchain; undefined means the local one. */
  readonly name: string | undefined;
  /**
   * Whether the lines of the project may raise it: to any toolchain (`auto`), to one on PATH (`path`), or not
   * ('').
   */
  readonly mode: '' | 'auto' | 'path';
}

/** A toolchain that is chosen so far, and why. */
interface Choice {
  readonly name: string;
  readonly version: string;
  readonly why: string;
  readonly cause?: SelectionCause;
}

/** Selects the toolchain that a go command uses, or determines the error with which it fails. */
export function selectToolchain(input: SelectInput): Selection {
  const { project } = input;
  const own = ownChoice(input);
  if (!knowsToolchains(input.local.rules ?? input.local.version))
    return settled(own, `Go before 1.21 never switches toolchains: the local ${own.name} runs`);
  if (!modulesEnabled(input))
    return settled(own, `GO111MODULE=${input.go111module} turns modules off: the local ${own.name} runs`);
  const setting = gotoolchain(input);
  if (setting.value === '') return tooOld(input, settled(own, 'GOTOOLCHAIN has no value: no switching'));

  const parsed = parseGotoolchain(setting.value);
  if ('error' in parsed)
    return failed('invalid', '', parsed.error, `GOTOOLCHAIN of ${setting.origin} is invalid`);
  const trace: string[] = [];
  const min = startingChoice(parsed, setting, own);
  if (setting.value !== 'auto' && setting.value !== 'path')
    trace.push(`go: default toolchain set to ${min.name} from GOTOOLCHAIN=${setting.value}`);

  const choice = parsed.mode === '' ? min : raise(input, min, modeText(setting.value, parsed.mode), trace);
  if ('error' in choice) {
    const cause = { file: projectPath(project), line: project.toolchainLine ?? 0 };
    // Go stops before it prints any step.
    return { ...failed('invalid', '', choice.error, 'the toolchain line is invalid'), cause };
  }
  if (choice.name === own.name) {
    trace.push(`go: using local toolchain ${own.name}`);
    return tooOld(input, { ...settled(choice, choice.why), trace });
  }
  return tooOld(input, { ...provide(input, choice, setting.value), trace });
}

function projectPath(project: ProjectLines): string {
  return project.path ?? project.file ?? 'go.mod';
}

function gotoolchain({ gotoolchain: set, gotoolchainDefault }: SelectInput): {
  value: string;
  origin: string;
} {
  return set.value === '' ? { value: gotoolchainDefault, origin: '$GOROOT/go.env' } : set;
}

/** Reports whether the rules of this language version or a newer one apply to the local go. */
function since({ local }: SelectInput, version: string): boolean {
  return compareGoVersions(local.rules ?? local.version, version) >= 0;
}

/**
 * Reports whether module mode is on (modload.WillBeEnabled). With `auto`, a go.work alone counts only since
 * 1.27 (golang/go#76728).
 */
function modulesEnabled(input: SelectInput): boolean {
  const { go111module, project } = input;
  if (go111module === '' || go111module === 'on') return true;
  if (go111module !== 'auto') return false;
  if (project.hasGoMod ?? project.file === 'go.mod') return true;
  return project.file === 'go.work' && since(input, '1.27');
}

function ownChoice({ local }: SelectInput): Choice {
  const name = local.name ?? `go${local.version}`;
  return { name, version: local.version, why: `nothing asks for more than the local ${name}` };
}

/** Parses GOTOOLCHAIN: `auto`, `path`, `NAME`, `NAME+auto` or `NAME+path`, where NAME may be `local`. */
function parseGotoolchain(value: string): Setting | { readonly error: string } {
  if (value === 'auto' || value === 'path') return { name: undefined, mode: value };
  const plus = value.indexOf('+');
  const name = plus === -1 ? value : value.slice(0, plus);
  const suffix = plus === -1 ? '' : value.slice(plus + 1);
  if (name !== 'local' && toolchainToVersion(name) === '') {
    const which = plus === -1 ? '' : `: invalid minimum toolchain ${goQuote(name)}`;
    return { error: `go: invalid GOTOOLCHAIN ${goQuote(value)}${which}` };
  }
  if (plus !== -1 && suffix !== 'auto' && suffix !== 'path')
    return { error: `go: invalid GOTOOLCHAIN ${goQuote(value)}: only version suffixes are +auto and +path` };
  return {
    name: name === 'local' ? undefined : name,
    mode: suffix === 'auto' || suffix === 'path' ? suffix : '',
  };
}

function startingChoice(
  { name, mode }: Setting,
  setting: { value: string; origin: string },
  own: Choice,
): Choice {
  // Keeps the reason on one line, whatever the variable holds.
  const from = `GOTOOLCHAIN=${setting.value} of ${setting.origin}`.replace(/\p{Cc}/gu, '?');
  if (name !== undefined)
    return {
      name,
      version: toolchainToVersion(name),
      why: `${from} names a toolchain`,
      cause: 'GOTOOLCHAIN',
    };
  return mode === '' ? { ...own, why: `${from} keeps the local ${own.name}` } : own;
}

/** Returns the mode as Go's trace names it: `<name>+auto`. */
function modeText(value: string, mode: string): string {
  return value.includes('+') ? `<name>+${mode}` : mode;
}

/** Returns `file:line`, or the file alone if the line number is unknown (0). */
const placeOf = (file: string, line: number) => (line === 0 ? file : `${file}:${line}`);

/** Raises the starting choice by the toolchain line and then by the go line. */
function raise(
  input: SelectInput,
  min: Choice,
  mode: string,
  trace: string[],
): Choice | { readonly error: string } {
  const { go = '', toolchain = '', goLine = 0, toolchainLine = 0 } = input.project;
  const file = projectPath(input.project);
  const upgrade = (name: string, line: string): void => {
    trace.push(
      `go: upgrading toolchain to ${name} (required by ${line} line in ${file}; upgrade allowed by GOTOOLCHAIN=${mode})`,
    );
  };
  let choice = min;
  if (toolchain === 'default') {
    const why = `"toolchain default" in ${placeOf(file, toolchainLine)} keeps ${min.name}`;
    return { ...min, why, cause: { file, line: toolchainLine } };
  }
  if (toolchain !== '') {
    const version = toolchainToVersion(toolchain);
    if (version === '') return { error: `go: invalid toolchain ${goQuote(toolchain)} in ${file}` };
    // In 1.21 an equally new toolchain line wins too, which matters for names with a suffix; since 1.22 it
    // does not.
    const order = compareGoVersions(version, choice.version);
    if (order > 0 || (order === 0 && !since(input, '1.22'))) {
      upgrade(toolchain, 'toolchain');
      const why = `the toolchain line in ${placeOf(file, toolchainLine)} asks for ${toolchain}`;
      choice = { name: toolchain, version, why, cause: { file, line: toolchainLine } };
    }
  }
  if (compareGoVersions(go, choice.version) <= 0) return choice;
  // Since 1.21 no release is named like its language version: the first release is N.0 (golang/go#62278).
  const name = `go${go}${isLanguageVersion(go) && compareGoVersions(go, '1.21') >= 0 ? '.0' : ''}`;
  upgrade(name, 'go');
  const why = `the go line in ${placeOf(file, goLine)} asks for ${name}`;
  return { name, version: toolchainToVersion(name), why, cause: { file, line: goLine } };
}

/** Returns the outcome `local` for a choice. */
function settled(choice: Choice, reason: string): Selection {
  return {
    wanted: choice.name,
    effective: choice.version,
    outcome: 'local',
    reason,
    ...(choice.cause === undefined ? {} : { cause: choice.cause }),
    trace: [],
  };
}

function failed(
  outcome: 'forbidden' | 'invalid' | 'not-found',
  wanted: string,
  error: string,
  reason: string,
): Selection {
  return { wanted, effective: '', outcome, reason, error, trace: [] };
}

/** Finds the chosen toolchain as Exec does: on PATH, then in the module cache, then by a download. */
function provide(input: SelectInput, choice: Choice, value: string): Selection {
  const { name, version, why, cause } = choice;
  const rest = {
    ...(cause === undefined ? {} : { cause }),
    ...(compareGoVersions(input.local.version, version) >= 0 ? { localWouldDo: true as const } : {}),
  };
  const found = (outcome: 'path' | 'cached' | 'download', where: string): Selection => ({
    wanted: name,
    effective: version,
    outcome,
    reason: `${why}: ${where}`,
    ...rest,
    ...(outcome === 'download' ? { pendingDownload: name } : {}),
    trace: [],
  });
  const lacking = (
    outcome: 'forbidden' | 'invalid' | 'not-found',
    error: string,
    where: string,
  ): Selection => ({
    ...failed(outcome, name, `go: ${error}`, `${why}: ${where}`),
    ...rest,
  });

  if (!name.startsWith('go1') && !name.includes('-go1'))
    return lacking(
      'invalid',
      `invalid GOTOOLCHAIN ${goQuote(name)}`,
      'the name is not that of a Go 1 toolchain',
    );
  if (input.pathHas(name)) return found('path', 'it is on PATH');
  if (value === 'path' || value.endsWith('+path'))
    return lacking(
      'not-found',
      `cannot find ${goQuote(name)} in PATH`,
      `it is not on PATH, and GOTOOLCHAIN=${value} allows no other place`,
    );

  const module = moduleVersion(name, input.platform);
  const malformed = versionProblem(module);
  if (malformed !== undefined)
    return lacking(
      'not-found',
      `download ${name}: ${malformed}`,
      'it is not on PATH, and a toolchain of this name cannot be downloaded',
    );
  const barred = checksumProblem(input.sumdb);
  const cached = input.cached(name);
  if (!cached && isLanguageVersion(version) && compareGoVersions(version, '1.21') >= 0)
    return lacking(
      'invalid',
      `invalid toolchain: ${name} is a language version but not a toolchain version (${name}.x)`,
      'the name is a language version, not a toolchain',
    );
  if (!cached && input.downloads === 'off')
    return lacking(
      'not-found',
      `download ${name} for ${input.platform}: toolchain not available`,
      'it is neither on PATH nor in the module cache, and downloads are off',
    );
  if (barred !== undefined)
    return lacking(
      'forbidden',
      `${cached ? '' : `download ${name}: `}${toolchainModule}@${module}: verifying module: ${barred}`,
      `Go uses no toolchain of the module cache without the checksum database (GOSUMDB=${redactUrls(input.sumdb.gosumdb)})`,
    );
  return cached
    ? found('cached', 'it is in the module cache')
    : found('download', 'it is neither on PATH nor in the module cache, so a build here would download it');
}

const identifier = '(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)';
const moduleVersionGrammar = new RegExp(
  `^v0\\.0\\.1-${identifier}(?:\\.${identifier})*(\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);

/**
 * Returns why the module version of a toolchain cannot be downloaded: vendor suffixes may be invalid in
 * semantic versions.
 */
function versionProblem(version: string): string | undefined {
  const match = moduleVersionGrammar.exec(version);
  if (match === null) return `non-semver module version ${goQuote(version)}`;
  return match[1] === undefined ? undefined : `non-canonical module version ${goQuote(version)}`;
}

/**
 * Returns why a toolchain in the module cache may not be used; undefined if it may. Go verifies every use
 * against the checksum database, cached or not, regardless of GONOSUMDB; only GOPROXY=file://… as the sole
 * proxy is exempt (cmd/go/internal/modfetch/sumdb.go, useSumDB).
 */
export function checksumProblem({ gosumdb, goproxy, hosts }: ChecksumSettings): string | undefined {
  const filesOnly = goproxy.startsWith('file://') && !/[,|]/.test(goproxy);
  if (gosumdb === 'off') return filesOnly ? undefined : 'checksum database disabled by GOSUMDB=off';
  return gosumdbProblem(gosumdb, hosts);
}

/**
 * Adds the error of commands that load a module which requires a newer Go (gover.TooNewError; before 1.21 go
 * only warned).
 */
function tooOld(input: SelectInput, selection: Selection): Selection {
  const { go = '', toolchain } = input.project;
  const { effective } = selection;
  if (effective === '' || compareGoVersions(effective, '1.21') < 0 || compareGoVersions(go, effective) <= 0)
    return selection;
  const { value } = gotoolchain(input);
  const file = projectPath(input.project);
  const setting = value === '' || value === 'auto' ? '' : `; GOTOOLCHAIN=${value}`;
  const raises = value === 'auto' || value === 'path' || value.includes('+');
  const line = raises && toolchain === 'default' ? `; ${file} sets toolchain default` : '';
  return {
    ...selection,
    tooOldFor: go,
    tooOldError: `go: ${file} requires go >= ${go} (running go ${effective}${setting}${line})`,
  };
}
