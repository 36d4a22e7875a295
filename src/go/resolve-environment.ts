/**
 * Resolves the environment of a go command and selects its toolchain, from what was read of the host. The
 * rules are in getenv.ts, defaults.ts and select.ts; this file calls them with the right inputs in the right
 * order.
 */
import { cleanPath, type GoFacts, goMinor } from './defaults.ts';
import { gorootEnvPath, type ResolvedVariable, resolveVariables, type SettingsFile } from './getenv.ts';
import { localToolchain, type ProjectLines, type Selection, selectToolchain } from './select.ts';

/** A go command, as described by its binary. Paths are as seen from its own root directory. */
export interface GoOfTree {
  readonly version: string;
  readonly runtimeVersion: string;
  readonly os: string;
  readonly arch: string;
  readonly goroot: string;
}

/** The process environment and directory in which a go command runs. */
export interface Surroundings {
  readonly variables: ReadonlyMap<string, string>;
  /** `''` if there is none. */
  readonly workspace: string;
  readonly gomodPath: string | undefined;
  readonly goworkPath: string | undefined;
  /** Finds a command as exec.LookPath does. */
  readonly lookPath: (command: string) => string | undefined;
}

const directoryOf = (file: string) => file.slice(0, Math.max(1, file.lastIndexOf('/')));

/**
 * Reports whether a go.mod is directly in the directory for temporary files, where go ignores it
 * (modload.Init).
 */
export function inTemporary(gomodPath: string | undefined, variables: ReadonlyMap<string, string>): boolean {
  return gomodPath !== undefined && directoryOf(gomodPath) === cleanPath(variables.get('TMPDIR') || '/tmp');
}

function goFacts(go: GoOfTree, defaults: GoFacts['sources'], around: Surroundings): GoFacts {
  const { variables, workspace, gomodPath, goworkPath } = around;
  const xdgConfigHome = variables.get('XDG_CONFIG_HOME');
  const xdgCacheHome = variables.get('XDG_CACHE_HOME');
  return {
    version: go.version,
    runtimeVersion: go.runtimeVersion,
    os: go.os,
    arch: go.arch,
    goroot: go.goroot,
    home: variables.get('HOME') ?? '',
    lookPath: around.lookPath,
    ...(xdgConfigHome ? { xdgConfigHome } : {}),
    ...(xdgCacheHome ? { xdgCacheHome } : {}),
    ...(workspace === '' ? {} : { cwd: workspace }),
    ...(gomodPath === undefined
      ? {}
      : { goMod: { path: gomodPath, inTempRoot: inTemporary(gomodPath, variables) } }),
    ...(goworkPath === undefined ? {} : { goWork: goworkPath }),
    ...(defaults === undefined ? {} : { sources: defaults }),
  };
}

/**
 * Returns the surroundings of a toolchain that go switches to: go removes GOROOT from its environment
 * (cmd/go/internal/toolchain, exec.go).
 */
export function withoutGoroot(around: Surroundings): Surroundings {
  const variables = new Map(around.variables);
  variables.delete('GOROOT');
  return { ...around, variables };
}

/** The variables of a go command, and the go.env that it reads. */
export interface ResolvedEnvironment {
  readonly variables: Map<string, ResolvedVariable>;
  /** Undefined for a go before 1.21. */
  readonly envFile: string | undefined;
  readonly gorootEnv: SettingsFile | undefined;
}

/**
 * Resolves all variables as this go would. `readSettings` reads the go.env at a path and returns undefined if
 * there is none.
 */
export function resolveEnvironment(
  go: GoOfTree,
  defaults: GoFacts['sources'],
  around: Surroundings,
  goenv: SettingsFile | undefined,
  readSettings: (file: string) => SettingsFile | undefined,
): ResolvedEnvironment {
  const facts = goFacts(go, defaults, around);
  const envFile = gorootEnvPath(around.variables, goenv?.file, facts);
  const gorootEnv = envFile === undefined ? undefined : readSettings(envFile);
  const variables = resolveVariables({ process: around.variables, goenv, gorootEnv, facts });
  return { variables, gorootEnv, envFile };
}

/**
 * Returns where go looks for go.work (modload.FindGoWork): at the path that GOWORK names, upward, or nowhere
 * (undefined).
 */
export function goworkSearch(
  workspace: string,
  setting: string,
  version: string,
): { readonly path: string } | 'upward' | undefined {
  // Workspaces exist since 1.18. An unparsable version counts as new.
  const before = goMinor(version) !== 0 && goMinor(version) < 18;
  if (setting === 'off' || workspace === '' || before) return undefined;
  return setting !== '' && setting !== 'auto' ? { path: setting } : 'upward';
}

/** Returns the setting of GOWORK for {@link goworkSearch}, `''` if it is not set. */
export function goworkSetting({ variables }: ResolvedEnvironment): string {
  const set = variables.get('GOWORK');
  return set?.origin.kind === 'default' ? '' : (set?.value ?? '');
}

/** Reports whether GOWORK is set, by the process environment, GOENV or go.env. */
export function isGoworkSet({
  variables,
}: {
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
}): boolean {
  const kind = variables.get('GOWORK')?.origin.kind;
  return kind === 'process' || kind === 'goenv' || kind === 'goroot';
}

function originText(variable: ResolvedVariable | undefined): string {
  if (variable === undefined || variable.origin.kind === 'default') return 'default';
  if (variable.origin.kind === 'process') return 'the process environment';
  const { path = '', line } = variable.origin;
  return line === undefined ? path : `${path}:${line}`;
}

/** The inputs of a toolchain selection besides the variables. */
export interface ToolchainsAtHand {
  /** The lines of go.work or go.mod, and whether there is a go.mod that go sees. */
  readonly project: ProjectLines;
  /** Names of `goX.Y.Z` programs on PATH. */
  readonly onPath: ReadonlySet<string>;
  /** Names of toolchains in the module cache. */
  readonly cached: ReadonlyMap<string, unknown>;
  /** Checksum databases whose keys are built into the go. */
  readonly databaseHosts: readonly string[] | undefined;
}

/** Returns the platform that a go runs on: `linux/amd64`. */
export function platformOf({ os, arch }: Pick<GoOfTree, 'os' | 'arch'>): string {
  return `${os}/${arch}`;
}

/** Returns GOTOOLCHAIN of a go.env, `''` if not set. The first line of a name counts, as in getenv.ts. */
export function shippedToolchain(goEnv: SettingsFile | undefined): string {
  return goEnv?.file.first.get('GOTOOLCHAIN')?.value ?? '';
}

/** Selects the toolchain that a go command of the local go switches to. */
export function selectFrom(
  local: GoOfTree,
  { variables, gorootEnv }: ResolvedEnvironment,
  { project, onPath, cached, databaseHosts }: ToolchainsAtHand,
): Selection {
  const value = (name: string) => variables.get(name)?.value ?? '';
  const gotoolchain = variables.get('GOTOOLCHAIN');
  const shipped = gotoolchain?.origin.kind === 'goroot' || gotoolchain?.origin.kind === 'default';
  return selectToolchain({
    gotoolchain: { value: shipped ? '' : value('GOTOOLCHAIN'), origin: originText(gotoolchain) },
    gotoolchainDefault: shippedToolchain(gorootEnv),
    go111module: value('GO111MODULE'),
    local: localToolchain(local.runtimeVersion),
    platform: platformOf(local),
    project,
    pathHas: (name) => onPath.has(name),
    cached: (name) => cached.has(name),
    downloads: value('GOPROXY') === 'off' ? 'off' : 'on',
    sumdb: {
      gosumdb: value('GOSUMDB'),
      goproxy: value('GOPROXY'),
      ...(databaseHosts === undefined ? {} : { hosts: databaseHosts }),
    },
  });
}
