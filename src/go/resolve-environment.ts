/**
 * What a go command takes for its environment, and which toolchain it becomes: all that was read of the host goes in, variables and selection come
 * out. The rules themselves are in getenv.ts, defaults.ts and select.ts; here is what they are asked, and in which order.
 */
import { cleanPath, type GoFacts, goMinor } from './defaults.ts';
import { gorootEnvPath, type ResolvedVariable, resolveVariables, type SettingsFile } from './getenv.ts';
import { localToolchain, type ProjectLines, type Selection, selectToolchain } from './select.ts';

/** The go that is asked, as its file says. Paths are those of its root. */
export interface GoOfTree {
  readonly version: string;
  readonly runtimeVersion: string;
  readonly os: string;
  readonly arch: string;
  readonly goroot: string;
}

/** In what a go command runs. */
export interface Surroundings {
  readonly variables: ReadonlyMap<string, string>;
  /** `''` without one. */
  readonly workspace: string;
  readonly gomodPath: string | undefined;
  readonly goworkPath: string | undefined;
  /** As exec.LookPath. */
  readonly lookPath: (command: string) => string | undefined;
}

const directoryOf = (file: string) => file.slice(0, Math.max(1, file.lastIndexOf('/')));

/** Whether a go.mod lies directly in the directory for temporary files, where go does not see it (modload.Init). */
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

/** The same surroundings for a toolchain that is switched to: it never sees the GOROOT of the process (cmd/go/internal/toolchain, exec.go). */
export function withoutGoroot(around: Surroundings): Surroundings {
  const variables = new Map(around.variables);
  variables.delete('GOROOT');
  return { ...around, variables };
}

/** The variables of a go command, and the go.env that it reads. */
export interface ResolvedEnvironment {
  readonly variables: Map<string, ResolvedVariable>;
  /** Undefined for a go of before 1.21. */
  readonly envFile: string | undefined;
  readonly gorootEnv: SettingsFile | undefined;
}

/** Resolves all variables as this go would. `readSettings` gives the go.env of a path, or undefined where there is none. */
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

/** Where go.work is (modload.FindGoWork): nowhere, where GOWORK names it, or to be looked for upward. */
export function goworkSearch(
  workspace: string,
  setting: string,
  version: string,
): { readonly path: string } | 'upward' | undefined {
  // Workspaces came with 1.18; a version that is none counts as new.
  const before = goMinor(version) !== 0 && goMinor(version) < 18;
  if (setting === 'off' || workspace === '' || before) return undefined;
  return setting !== '' && setting !== 'auto' ? { path: setting } : 'upward';
}

/** The setting of GOWORK for {@link goworkSearch}: `''` where nobody sets it. */
export function goworkSetting({ variables }: ResolvedEnvironment): string {
  const set = variables.get('GOWORK');
  return set?.origin.kind === 'default' ? '' : (set?.value ?? '');
}

/** Whether somebody says which go.work is meant, be it a line that somebody wrote into go.env. */
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

/** What a selection depends on beside the variables. */
export interface ToolchainsAtHand {
  /** go.work or go.mod with its lines, and whether there is a go.mod that go sees. */
  readonly project: ProjectLines;
  /** Names of `goX.Y.Z` programs on PATH. */
  readonly onPath: ReadonlySet<string>;
  /** Those that the module cache has. */
  readonly cached: ReadonlyMap<string, unknown>;
  /** Checksum databases whose keys the go has built in. */
  readonly databaseHosts: readonly string[] | undefined;
}

/** `linux/amd64`: what a go runs on. */
export function platformOf({ os, arch }: Pick<GoOfTree, 'os' | 'arch'>): string {
  return `${os}/${arch}`;
}

/** GOTOOLCHAIN of a go.env, `''` when that has none: of a name that is there twice the first line counts, as in getenv.ts. */
export function shippedToolchain(goEnv: SettingsFile | undefined): string {
  return goEnv?.file.first.get('GOTOOLCHAIN')?.value ?? '';
}

/** Which toolchain a go command of the local go becomes. */
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
