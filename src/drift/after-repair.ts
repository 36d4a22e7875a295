/**
 * Predicts the world after a repair: the same facts with the change that a command makes, and the toolchain
 * that Go selects then. The selection uses the same code as the collectors (go/select.ts), so that Go's rules
 * exist only once.
 */
import { variable } from '../catalog/variables.ts';
import { selectToolchain } from '../go/select.ts';
import { compareGoVersions } from '../go/version.ts';
import { effectiveValue, effectiveVersion, type World } from './conflicts/rule.ts';
import type { LocalToolchain, ToolchainFacts, TreeSettings } from './facets/toolchain.ts';
import type { EnvFacts, Fix, VariableFact } from './model.ts';

/** An SDK installed on this host: its version and its directory of programs. */
export type Sdk = ToolchainFacts['installed'][number];

/**
 * Returns a variable as it is once its current value is removed: the next value that was shadowed, else Go's
 * default.
 */
function below(fact: VariableFact): VariableFact {
  const { written: _, ...bare } = fact;
  const [next, ...shadows] = fact.shadows;
  if (next === undefined) return { ...bare, value: fact.default ?? '', origin: { kind: 'default' } };
  return { ...bare, value: next.value, origin: next.origin, shadows };
}

/** Returns a variable as it is after a command; undefined where the command changes no effective value. */
export function factAfter(env: EnvFacts, fix: Fix): VariableFact | undefined {
  if (!('name' in fix)) return undefined;
  const fact = env.variables.get(fix.name);
  if (fact === undefined) return undefined;
  const { written: _, ...bare } = fact;
  if (fix.action === 'export') return { ...bare, value: fix.value, origin: { kind: 'process' } };
  const origin = fix.action === 'unset' ? 'process' : 'goenv';
  return fact.origin.kind === origin ? below(fact) : undefined;
}

/**
 * Returns the environment with another fact for one variable. The hash of the old value's hidden part is
 * dropped: it says nothing about the new value.
 */
export function withFact(env: EnvFacts, fact: VariableFact): EnvFacts {
  const secrets = new Map(env.secrets);
  secrets.delete(fact.name);
  return { ...env, variables: new Map(env.variables).set(fact.name, fact), secrets };
}

/**
 * Returns a variable as it is when another go.env is read. A line of go.env has the lowest precedence, just
 * above Go's default.
 */
function factInTree(fact: VariableFact, settings: TreeSettings, path: string): VariableFact {
  const { written, ...bare } = fact;
  const { value, origin, shadows } = bare;
  const own = written === undefined ? { value, origin } : { value, written, origin };
  const stays = [...(origin.kind === 'default' ? [] : [own]), ...shadows].filter(
    (layer) => layer.origin.kind !== 'goroot',
  );
  const line = settings.get(fact.name);
  const layers =
    line === undefined ? stays : [...stays, { value: line, origin: { kind: 'goroot', path } as const }];
  // A value that Go ignores leaves the default in force and stays below it as a shadowed value.
  if (origin.kind === 'default' && line === undefined) return { ...fact, shadows: stays };
  const [top, ...rest] = layers;
  return top === undefined
    ? { ...bare, value: fact.default ?? '', origin: { kind: 'default' }, shadows: [] }
    : { ...bare, ...top, shadows: rest };
}

/**
 * Reports whether a line of go.env sets a variable. GOROOT and process-only variables are read elsewhere;
 * GOTOOLCHAIN is handled by the selection.
 */
const isOfTree = (name: string) =>
  name !== 'GOROOT' && name !== 'GOTOOLCHAIN' && variable(name)?.processOnly !== true;

/**
 * Returns the world with the settings of another Go tree. GOTOOLCHAIN of its go.env is part of the selection
 * (`shipped`).
 */
function withSettings(
  world: World,
  settings: TreeSettings | undefined,
  goroot: string,
  version: string,
): World {
  const { env } = world;
  if (env === undefined) return world;
  if (settings === undefined) return { ...world, unknownTree: `the go.env of go${version} was not read` };
  const names = new Set([...env.variables.keys(), ...settings.keys()]);
  const variables = [...names].map((name): [string, VariableFact] => {
    const fact = env.variables.get(name) ?? { name, value: '', origin: { kind: 'default' }, shadows: [] };
    return [name, isOfTree(name) ? factInTree(fact, settings, `${goroot}/go.env`) : fact];
  });
  const { unknownTree: _, ...rest } = world;
  return { ...rest, env: { ...env, variables: new Map(variables) } };
}

/**
 * Returns the tree that builds once another one is selected. It has no faults: only trees that were checked
 * beforehand are offered.
 */
function otherTree(local: LocalToolchain, version: string): LocalToolchain {
  const { label: _, partial: __, edited: ___, digest: ____, ...rest } = local;
  return {
    ...rest,
    version,
    gorootParts: { exists: true, pkgTool: true, src: true },
    programs: local.programs.map(({ name }) => ({ name, version })),
    refused: [],
  };
}

/**
 * Returns the world with the toolchain that Go selects in it; the world unchanged where the facts for the
 * selection are missing.
 */
export function reselected(world: World): World {
  const { toolchain, env } = world;
  const { switches, selection: before, project, local } = toolchain ?? {};
  if (toolchain === undefined || switches === undefined || env === undefined) return world;
  const value = (name: string) => effectiveValue(world, name);
  const fact = env.variables.get('GOTOOLCHAIN');
  const isSet = fact?.origin.kind === 'process' || fact?.origin.kind === 'goenv';
  const { databaseHosts } = toolchain.knowledge;
  const { kind, ...lines } = project ?? {};
  const selection = selectToolchain({
    gotoolchain: { value: isSet ? fact.value : '', origin: fact?.origin.path ?? 'the process environment' },
    gotoolchainDefault: switches.shipped,
    go111module: value('GO111MODULE'),
    local: switches.local,
    platform: switches.platform,
    project: { ...lines, file: kind, hasGoMod: switches.hasGoMod },
    pathHas: (name) => switches.onPath.has(name),
    cached: (name) => switches.cached.has(name),
    downloads: value('GOPROXY') === 'off' ? 'off' : 'on',
    sumdb: {
      gosumdb: value('GOSUMDB'),
      goproxy: value('GOPROXY'),
      ...(databaseHosts === undefined ? {} : { hosts: databaseHosts }),
    },
  });
  const isSame = before?.wanted === selection.wanted && before.outcome === selection.outcome;
  if (isSame) return { ...world, toolchain: { ...toolchain, selection } };
  const { switchProblem: _, brokenSwitch: __, ...rest } = toolchain;
  const { effective, outcome, wanted } = selection;
  const isBroken = (outcome === 'cached' || outcome === 'path') && switches.broken.has(wanted);
  const builds = local === undefined || effective === '' ? local : otherTree(local, effective);
  const after = {
    ...world,
    toolchain: {
      ...rest,
      selection,
      ...(builds === undefined ? {} : { local: builds }),
      ...(isBroken ? { switchProblem: `${wanted} is here and not whole` } : {}),
    },
  };
  if (builds === undefined || (outcome === 'local' && local?.gorootOrigin.kind !== 'default')) return after;
  const isLocal = outcome === 'local';
  const settings = switches.settings.get(isLocal ? 'local' : wanted);
  return withSettings(after, settings, isLocal ? builds.ownGoroot : `the tree of ${wanted}`, effective);
}

/**
 * Returns the tools as they are once the directory of an SDK is first on PATH; only the gofmt beside its go
 * moves.
 */
function toolsAfter({ tools }: World, { version, bin, gofmt }: Sdk): World['tools'] {
  if (tools === undefined || gofmt !== true) return tools;
  const path = `${bin}/gofmt`;
  const moved = (tool: (typeof tools.tools)[number]) =>
    tool.name === 'gofmt' ? { ...tool, path, realPath: path, version, goVersion: version } : tool;
  return { ...tools, tools: tools.tools.map(moved) };
}

/** Returns the world with another go first on PATH. */
export function withFirst(before: World, sdk: Sdk): World {
  const { toolchain } = before;
  if (toolchain === undefined) return before;
  const world = { ...before, tools: toolsAfter(before, sdk) };
  const { version, bin, shipped = 'auto', settings } = sdk;
  const path = `${bin}/go`;
  const others = toolchain.candidates.filter((one) => one.path !== path);
  const goroot = bin.replace(/\/bin$/, '');
  const tree = toolchain.local ?? {
    gorootOrigin: { kind: 'default' as const },
    goroot,
    programs: [],
  };
  const keepsGoroot = tree.gorootOrigin.kind !== 'default';
  const local: LocalToolchain = {
    ...otherTree(
      {
        ...tree,
        version,
        refused: [],
        gorootParts: { exists: true, pkgTool: true, src: true },
        path,
        realPath: path,
        ownGoroot: goroot,
      },
      version,
    ),
    goroot: keepsGoroot ? tree.goroot : goroot,
  };
  const { missing: _, selection: __, ...rest } = toolchain;
  const { switches } = toolchain;
  const first = {
    ...rest,
    candidates: [{ path, realPath: path, version }, ...others],
    local,
  };
  const started = (ownSwitches: Pick<ToolchainFacts, 'switches'>): World => {
    const one = { ...world, toolchain: { ...first, ...ownSwitches } };
    return keepsGoroot ? one : withSettings(one, settings, goroot, version);
  };
  if (switches === undefined) return started({});
  const ofTrees = new Map(switches.settings);
  ofTrees.delete('local');
  if (settings !== undefined) ofTrees.set('local', settings);
  const own = { ...switches, local: { version, name: `go${version}` }, shipped, settings: ofTrees };
  // The settings that this go reads decide which toolchain it selects, even if the selected toolchain reads
  // another go.env.
  const starting = started({ switches: own });
  const { unknownTree } = starting;
  return { ...(unknownTree === undefined ? {} : { unknownTree }), ...reselected(starting) };
}

/**
 * Returns the newest Go version that an imported module requires; `''` if none requires more than the build
 * has.
 */
function newestNeed({ modules }: World): string {
  return (modules?.newer ?? []).reduce(
    (most, { go }) => (compareGoVersions(go, most) > 0 ? go : most),
    '' as string,
  );
}

/** Reports whether a command is `go mod tidy`, which may raise the go line of go.mod. */
export function isTidy(fix: Fix): boolean {
  return fix.action === 'run' && fix.argv.join(' ') === 'go mod tidy';
}

/** Returns the world with the go line that `go mod tidy` writes: at least that of every imported module. */
function tidied(world: World): World {
  const { toolchain, modules } = world;
  const need = newestNeed(world);
  if (toolchain?.project?.kind !== 'go.mod' || modules === undefined || need === '') return world;
  if (compareGoVersions(need, toolchain.project.go ?? '') <= 0) return world;
  const project = { ...toolchain.project, go: need };
  return reselected({ ...world, toolchain: { ...toolchain, project }, modules: { ...modules, newer: [] } });
}

/** Returns the SDK in a directory that is to be first on PATH; undefined if its version is not known. */
export function sdkIn({ toolchain }: World, directory: string): Sdk | undefined {
  const sdk = toolchain?.installed.find(({ bin }) => bin === directory);
  if (sdk !== undefined) return sdk;
  const version = toolchain?.candidates.find(({ path }) => path === `${directory}/go`)?.version;
  return version === undefined ? undefined : { version, bin: directory };
}

/** Returns the world after a command; the world unchanged if the command changes no known fact. */
export function afterFix(world: World, fix: Fix): World {
  if (fix.action === 'prepend-path') {
    const sdk = sdkIn(world, fix.directory);
    return sdk === undefined ? world : withFirst(world, sdk);
  }
  if (isTidy(fix)) return tidied(world);
  const { env } = world;
  const fact = env === undefined ? undefined : factAfter(env, fix);
  return env === undefined || fact === undefined ? world : reselected({ ...world, env: withFact(env, fact) });
}

/**
 * Explains why no build can succeed with the selected toolchain; undefined if builds can, or if that is not
 * known.
 */
export function stopsBuilds({ toolchain }: World): string | undefined {
  if (toolchain === undefined) return undefined;
  const { local, selection, switchProblem, brokenSwitch, project } = toolchain;
  if (local === undefined) return 'no go answers';
  if (selection === undefined) return undefined;
  if (selection.effective === '') return `go fails with "${selection.error ?? selection.reason}"`;
  const broken = switchProblem ?? brokenSwitch?.says;
  if (broken !== undefined) return `a build here needs ${selection.wanted}, and ${broken}`;
  return selection.tooOldFor === undefined
    ? undefined
    : `${project?.path ?? 'go.mod'} requires go >= ${selection.tooOldFor}, and go ${selection.effective} answers`;
}

/** Returns the version of the Go that builds, `''` if no build can succeed. */
export function buildingVersion(world: World): string {
  return stopsBuilds(world) === undefined ? effectiveVersion(world) : '';
}
