/**
 * The world after a repair: the same facts with what a command changes, and the toolchain that Go selects then, by Go's own rules (go/select.ts).
 * A repair is judged by this, so that nothing is known twice of how Go chooses.
 */
import { variable } from '../catalog/variables.ts';
import { selectToolchain } from '../go/select.ts';
import { compareGoVersions } from '../go/version.ts';
import { effectiveValue, effectiveVersion, type World } from './conflicts/rule.ts';
import type { LocalToolchain, ToolchainFacts, TreeSettings } from './facets/toolchain.ts';
import type { EnvFacts, Fix, VariableFact } from './model.ts';

/** An SDK of this host: its version and the directory of its programs. */
export type Sdk = ToolchainFacts['installed'][number];

/** What is in force without the value of a variable: what it hides, else Go's default. */
function below(fact: VariableFact): VariableFact {
  const { written: _, ...bare } = fact;
  const [next, ...shadows] = fact.shadows;
  if (next === undefined) return { ...bare, value: fact.default ?? '', origin: { kind: 'default' } };
  return { ...bare, value: next.value, origin: next.origin, shadows };
}

/** A variable after a command; undefined where it changes none that is in force. */
export function factAfter(env: EnvFacts, fix: Fix): VariableFact | undefined {
  if (!('name' in fix)) return undefined;
  const fact = env.variables.get(fix.name);
  if (fact === undefined) return undefined;
  const { written: _, ...bare } = fact;
  if (fix.action === 'export') return { ...bare, value: fix.value, origin: { kind: 'process' } };
  const origin = fix.action === 'unset' ? 'process' : 'goenv';
  return fact.origin.kind === origin ? below(fact) : undefined;
}

/** An environment with another value of one variable; what was hidden of that value is not known of the new one. */
export function withFact(env: EnvFacts, fact: VariableFact): EnvFacts {
  const secrets = new Map(env.secrets);
  secrets.delete(fact.name);
  return { ...env, variables: new Map(env.variables).set(fact.name, fact), secrets };
}

/** What a variable is where another go.env is read: its line comes last, before Go's default. */
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
  // A value that Go passes over leaves its default in force, and stays below it.
  if (origin.kind === 'default' && line === undefined) return { ...fact, shadows: stays };
  const [top, ...rest] = layers;
  return top === undefined
    ? { ...bare, value: fact.default ?? '', origin: { kind: 'default' }, shadows: [] }
    : { ...bare, ...top, shadows: rest };
}

/** Whether a line of go.env sets a variable: GOROOT and those of the process alone are read elsewhere, and GOTOOLCHAIN is asked for by the selection. */
const isOfTree = (name: string) =>
  name !== 'GOROOT' && name !== 'GOTOOLCHAIN' && variable(name)?.processOnly !== true;

/** The world with the settings of another tree; GOTOOLCHAIN of go.env is part of the selection (`shipped`). */
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

/** The tree that builds where another one is selected: nothing is wrong with it, for it was looked at before it was named. */
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

/** The world with the toolchain that Go selects in it; as it is where what Go would ask the host is not known. */
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

/** The tools where a directory comes first on PATH that has a gofmt beside its go. */
function toolsAfter({ tools }: World, { version, bin, gofmt }: Sdk): World['tools'] {
  if (tools === undefined || gofmt !== true) return tools;
  const path = `${bin}/gofmt`;
  const moved = (tool: (typeof tools.tools)[number]) =>
    tool.name === 'gofmt' ? { ...tool, path, realPath: path, version, goVersion: version } : tool;
  return { ...tools, tools: tools.tools.map(moved) };
}

/** The world with another go first on PATH. */
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
  // What the go itself reads decides which one it selects, also where that one reads another file.
  const starting = started({ switches: own });
  const { unknownTree } = starting;
  return { ...(unknownTree === undefined ? {} : { unknownTree }), ...reselected(starting) };
}

/** A version that a module asks for which a build reads; `''` where none does. */
function newestNeed({ modules }: World): string {
  return (modules?.newer ?? []).reduce(
    (most, { go }) => (compareGoVersions(go, most) > 0 ? go : most),
    '' as string,
  );
}

/** Whether a command has go rewrite go.mod, in which the go line may rise. */
export function isTidy(fix: Fix): boolean {
  return fix.action === 'run' && fix.argv.join(' ') === 'go mod tidy';
}

/** The world with the go line that `go mod tidy` writes: at least that of everything that is imported. */
function tidied(world: World): World {
  const { toolchain, modules } = world;
  const need = newestNeed(world);
  if (toolchain?.project?.kind !== 'go.mod' || modules === undefined || need === '') return world;
  if (compareGoVersions(need, toolchain.project.go ?? '') <= 0) return world;
  const project = { ...toolchain.project, go: need };
  return reselected({ ...world, toolchain: { ...toolchain, project }, modules: { ...modules, newer: [] } });
}

/** The version of the go in a directory that is put first on PATH; undefined where nobody knows it. */
export function sdkIn({ toolchain }: World, directory: string): Sdk | undefined {
  const sdk = toolchain?.installed.find(({ bin }) => bin === directory);
  if (sdk !== undefined) return sdk;
  const version = toolchain?.candidates.find(({ path }) => path === `${directory}/go`)?.version;
  return version === undefined ? undefined : { version, bin: directory };
}

/** The world after a command; as it is where the command changes nothing that is known of it. */
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

/** Why no build passes with the toolchain that is selected, in words; undefined where one does, or nobody knows. */
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

/** Version of the Go that builds, `''` where no build passes. */
export function buildingVersion(world: World): string {
  return stopsBuilds(world) === undefined ? effectiveVersion(world) : '';
}
