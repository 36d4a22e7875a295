/**
 * The one gate that every command of a repair passes before it is told (decision 0059): it writes to no name that somebody else can exchange and
 * puts none on PATH, it brings nothing into force that is not fine or that the baseline does not have, and of one variable all commands agree.
 * What does not pass stays a repair in words.
 */
import { flagValue, parseGoflags } from '../go/goflags.ts';
import { redacted } from '../go/redacted.ts';
import { compareGoVersions, toolchainToVersion } from '../go/version.ts';
import { effectiveVersion, startedVersion, type World } from './conflicts/rule.ts';
import type { EnvFacts, Finding, Fix, VariableFact } from './model.ts';
import { unmetDemand } from './sdk-choice.ts';

/** What the gate judges by. */
export interface Ground {
  readonly world: World;
  /** The conflicts of a world: what would hold if a command had been carried out. */
  readonly conflictsOf: (world: World) => readonly Finding[];
  /** Whether a variable would differ from the baseline in that environment; undefined where no baseline has variables. */
  readonly differs?: ((name: string, env: EnvFacts) => boolean) | undefined;
}

/** What a command writes to, or puts on PATH. */
function pathsOf(fix: Fix): readonly string[] {
  switch (fix.action) {
    case 'remove-line':
      return [fix.path];
    case 'prepend-path':
      return [fix.directory];
    case 'run':
      return fix.argv.filter((word) => word.startsWith('/'));
    default:
      return [];
  }
}

const isBelow = (file: string, directory: string) => file === directory || file.startsWith(`${directory}/`);

/** Why somebody else could make the command do something else, in words; undefined where nobody can. */
function exchangeable({ toolchain }: World, fix: Fix): string | undefined {
  // Go writes to files of the project by their names, wherever they lead.
  if (fix.action === 'run' && fix.argv[0] === 'go')
    return toolchain?.linkedOut[0] === undefined
      ? undefined
      : `${toolchain.linkedOut[0]} is a link out of the code`;
  const paths = pathsOf(fix);
  if (paths.length === 0) return undefined;
  if (toolchain === undefined) return 'whose the files are is not known';
  for (const [name, why] of toolchain.untrusted)
    if (paths.some((file) => isBelow(file, name))) return `${name} ${why}`;
  return undefined;
}

/** What is in force without the value of a variable: what it hides, else Go's default. */
function below(fact: VariableFact): VariableFact {
  const [next, ...shadows] = fact.shadows;
  if (next === undefined) return { ...fact, value: fact.default ?? '', origin: { kind: 'default' } };
  return { ...fact, value: next.value, origin: next.origin, shadows };
}

/** A variable after a command; undefined where it changes none that is in force. */
function factAfter(env: EnvFacts, fix: Fix): VariableFact | undefined {
  if (!('name' in fix)) return undefined;
  const fact = env.variables.get(fix.name);
  if (fact === undefined) return undefined;
  if (fix.action === 'export') return { ...fact, value: fix.value, origin: { kind: 'process' } };
  const origin = fix.action === 'unset' ? 'process' : 'goenv';
  return fact.origin.kind === origin ? below(fact) : undefined;
}

function withFact(env: EnvFacts, fact: VariableFact): EnvFacts {
  const secrets = new Map(env.secrets);
  secrets.delete(fact.name);
  return { ...env, variables: new Map(env.variables).set(fact.name, fact), secrets };
}

const isAbout = (name: string) => (finding: Finding) => finding.key === `env.${name}`;

/** Whether what comes into force is no better, or not known to be. */
function isNoBetter(finding: Finding, world: World, { conflictsOf }: Ground, name: string): boolean {
  const held = conflictsOf(world);
  if (
    finding.kind === 'conflict' &&
    held.some(({ rule, key }) => rule === finding.rule && key === finding.key)
  )
    return true;
  return held.some((one) => isAbout(name)(one) && one.rule !== 'goenv-ignored');
}

/** The version of the go in a directory that is put first on PATH; undefined where nobody knows it. */
function versionIn({ toolchain }: World, directory: string): string | undefined {
  const sdk = toolchain?.installed.find(({ bin }) => bin === directory);
  return sdk?.version ?? toolchain?.candidates.find(({ path }) => path === `${directory}/go`)?.version;
}

/** Why another go first on PATH would not build as it is asked for, in words; undefined where it would. */
function pathHarms(directory: string, { world }: Ground): string | undefined {
  const version = versionIn(world, directory);
  if (version === undefined) return undefined;
  const unmet = unmetDemand(world, version);
  if (unmet !== undefined) return unmet;
  const goroot = world.env?.variables.get('GOROOT');
  const { local } = world.toolchain ?? {};
  if (goroot === undefined || goroot.value === '' || goroot.origin.kind === 'default') return undefined;
  // The compiler comes from there, whichever go is started; of a tree of the same version nothing is wrong.
  const own = local?.gorootOrigin.kind === goroot.origin.kind ? local : undefined;
  const compiler = own?.programs.find(({ name }) => name === 'compile')?.version;
  return compiler === version || `${goroot.value}/bin` === directory
    ? undefined
    : `GOROOT=${goroot.value} stays, which is the tree of another go`;
}

/**
 * Why a build that works now would stop, where a GOTOOLCHAIN that names no version lets go follow the project's toolchain line (`go help toolchain`)
 * to a release that is not here; undefined where it would not.
 */
function absentToolchain(world: World, value: string): string | undefined {
  const { project, installed = [] } = world.toolchain ?? {};
  const now = effectiveVersion(world);
  const started = startedVersion(world);
  const line = toolchainToVersion(project?.toolchain ?? '');
  const follows = value !== 'local' && toolchainToVersion(value.replace(/\+.*$/, '')) === '';
  const builds = now !== '' && compareGoVersions(now, project?.go ?? '') >= 0;
  if (!follows || !builds || line === '' || started === '' || compareGoVersions(line, started) <= 0)
    return undefined;
  return installed.some(({ version }) => version === line) || now === line
    ? undefined
    : `go would follow the toolchain line to go${line}, which is not here`;
}

/** Why another GOTOOLCHAIN would build with a go that is not asked for, where the one that builds now is; undefined where it would not. */
function toolchainHarms(world: World, value: string): string | undefined {
  const now = effectiveVersion(world);
  const absent = absentToolchain(world, value);
  if (absent !== undefined) return absent;
  const named = toolchainToVersion(value.replace(/\+.*$/, ''));
  const started = startedVersion(world);
  const goLine = world.toolchain?.project?.go ?? '';
  // A line of the project may ask for another one than the go that is started: which, that depends on what is there.
  const then = named !== '' ? named : compareGoVersions(started, goLine) >= 0 ? started : '';
  if (now === '' || then === '' || unmetDemand(world, now) !== undefined) return undefined;
  return unmetDemand(world, then);
}

/** Why builds need what a command takes away, in words; undefined where they do not. */
function neededBy({ modules, env }: World, before: VariableFact, after: VariableFact): string | undefined {
  if (before.name === 'GOFLAGS') {
    const modOf = ({ value }: VariableFact) => flagValue(parseGoflags(value).flags, 'mod');
    const mod = modOf(before);
    if (modules?.livesByMod === undefined || mod === undefined || mod === modOf(after)) return undefined;
    return `without -mod=${mod} builds fail: ${modules.livesByMod}`;
  }
  // Another module cache, which nobody has looked at.
  const isPlace = before.name === 'GOPATH' || before.name === 'GOMODCACHE';
  // Where there is none, nothing is left behind.
  if (env?.variables.get('GOMODCACHE')?.value === '') return undefined;
  if (!isPlace || env?.variables.get('GOPROXY')?.value !== 'off' || (modules?.list.length ?? 0) === 0)
    return undefined;
  return `another module cache comes into force, and GOPROXY=off downloads nothing into it`;
}

/** Why a command for a variable leads to another fault or another drift, in words; undefined where it does not. */
function harms(finding: Finding, fix: Fix, ground: Ground): string | undefined {
  const { env } = ground.world;
  if (fix.action === 'prepend-path') return pathHarms(fix.directory, ground);
  if (env === undefined || !('name' in fix)) return undefined;
  // The file that is read then is another one, which nobody has looked at.
  if (fix.name === 'GOENV') return 'another file of settings comes into force';
  const fact = factAfter(env, fix);
  const before = env.variables.get(fix.name);
  if (fact === undefined || before === undefined) return undefined;
  const needed = neededBy(ground.world, before, fact);
  if (needed !== undefined) return needed;
  const builds = fix.name === 'GOTOOLCHAIN' ? toolchainHarms(ground.world, fact.value) : undefined;
  if (builds !== undefined) return builds;
  const after = withFact(env, fact);
  const { origin, value, name } = fact;
  if (fix.action !== 'export' && origin.kind === 'goenv') {
    const place = `line ${origin.line ?? '?'} of ${origin.path ?? 'the GOENV file'}`;
    const comes = `${place} (${name}=${value}) comes into force`;
    if (value.includes(redacted)) return comes;
    if (isNoBetter(finding, { ...ground.world, env: after }, ground, name)) return comes;
  }
  // A toolchain is chosen by a variable that is not what the finding is about.
  const isMeans = fix.action === 'export' && !isAbout(name)(finding);
  return !isMeans && ground.differs?.(name, after) === true
    ? `the baseline has another ${name} than what is in force then`
    : undefined;
}

/** Whether two commands for one variable do not undo each other: a line without effect may go, whatever is exported. */
function agree(one: Fix, other: Fix): boolean {
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  const actions = [one.action, other.action];
  if (one.action === 'remove-line' && other.action === 'remove-line') return true;
  return actions.includes('remove-line') && actions.includes('export');
}

/** The variable that a command sets: PATH is one, too. */
function variableOf(fix: Fix | undefined): string | undefined {
  if (fix?.action === 'prepend-path') return 'PATH';
  return fix !== undefined && 'name' in fix ? fix.name : undefined;
}

function withoutFix({ fix: _, ...finding }: Finding, why: string): Finding {
  return {
    ...finding,
    ...(finding.repair === undefined ? {} : { repair: `${finding.repair} (by hand: ${why})` }),
  };
}

/**
 * The findings, with the commands that may be carried out as they are. Where two of one variable contradict each other the way back to the
 * baseline stays, else the one of the first finding.
 */
export function settledFixes(findings: readonly Finding[], ground: Ground): readonly Finding[] {
  const passed = findings.map((finding) => {
    const { fix } = finding;
    if (fix === undefined) return finding;
    const why = exchangeable(ground.world, fix) ?? harms(finding, fix, ground);
    return why === undefined ? finding : withoutFix(finding, why);
  });
  const chosen = new Map<string, Fix[]>();
  const order = [...passed].sort((a, b) => Number(b.kind === 'drift') - Number(a.kind === 'drift'));
  const dropped = new Set<Finding>();
  for (const finding of order) {
    const { fix } = finding;
    const name = variableOf(fix);
    if (fix === undefined || name === undefined || finding.waived !== undefined) continue;
    const others = chosen.get(name) ?? [];
    if (others.every((other) => agree(fix, other))) chosen.set(name, [...others, fix]);
    else dropped.add(finding);
  }
  return passed.map((finding) =>
    dropped.has(finding)
      ? withoutFix(finding, `another command here sets ${variableOf(finding.fix)}, so look again after that`)
      : finding,
  );
}
