/**
 * The gate that every command of a repair must pass before it is shown (decision 0059). A command must not
 * write to a path that another user can replace, nor put such a path on PATH. It must not bring a value into
 * force that is faulty or that differs from the baseline. All commands for one variable must agree. The
 * repair of a command that fails here is shown as text only.
 */
import { redacted } from '../go/redacted.ts';
import { compareGoVersions } from '../go/version.ts';
import { afterFix, buildingVersion, factAfter, isTidy, type Sdk, sdkIn, withFact } from './after-repair.ts';
import { effectiveValue, type World } from './conflicts/rule.ts';
import type { EnvFacts, Finding, Fix } from './model.ts';
import { evaluatePin } from './pins.ts';
import { newConflict, type Step, unknownAfter } from './repair-effects.ts';
import { displacement, unmetDemand, worseOff } from './sdk-choice.ts';

/** What commands are judged by. */
export interface Ground {
  readonly world: World;
  /** Returns the conflicts of a world, for example of the world after a command. */
  readonly conflictsOf: (world: World) => readonly Finding[];
  /**
   * Reports whether a variable would differ from the baseline in that environment; undefined if the baseline
   * has no variables.
   */
  readonly differs?: ((name: string, env: EnvFacts) => boolean) | undefined;
}

/** Returns the paths that a command writes to or puts on PATH. */
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

/** Explains how another user could change what the command does; undefined if nobody can. */
function exchangeable({ toolchain }: World, fix: Fix): string | undefined {
  // Go opens project files by name and follows symlinks.
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

const isAbout = (name: string) => (finding: Finding) => finding.key === `env.${name}`;

/** Reports whether the value that comes into force is as faulty as the current one. */
function isNoBetter(finding: Finding, world: World, { conflictsOf }: Ground, name: string): boolean {
  const held = conflictsOf(world);
  if (
    finding.kind === 'conflict' &&
    held.some(({ rule, key }) => rule === finding.rule && key === finding.key)
  )
    return true;
  return held.some((one) => isAbout(name)(one) && one.rule !== 'goenv-ignored');
}

/** Explains why another go first on PATH would not build as demanded; undefined if it would. */
function pathHarms({ version, bin }: Sdk, world: World): string | undefined {
  const unmet = unmetDemand(world, version);
  if (unmet !== undefined) return unmet;
  const goroot = world.env?.variables.get('GOROOT');
  const { local } = world.toolchain ?? {};
  if (goroot === undefined || goroot.value === '' || goroot.origin.kind === 'default') return undefined;
  // The compiler comes from GOROOT, whichever go is started; a tree of the same version is fine.
  const own = local?.gorootOrigin.kind === goroot.origin.kind ? local : undefined;
  const compiler = own?.programs.find(({ name }) => name === 'compile')?.version;
  return compiler === version || `${goroot.value}/bin` === bin
    ? undefined
    : `GOROOT=${goroot.value} stays, which is the tree of another go`;
}

/** Reports whether the purpose of a command is another Go. */
const choosesGo = (fix: Fix) =>
  fix.action === 'prepend-path' || ('name' in fix && fix.name === 'GOTOOLCHAIN');

/** Explains why a command that selects another Go would not resolve the finding; undefined if it would. */
function isIdle(finding: Finding, before: World, after: World, ground: Ground): string | undefined {
  const builds = buildingVersion(after);
  const { cause, wanted } = after.toolchain?.selection ?? {};
  if (cause === 'GOTOOLCHAIN' && builds !== '' && finding.fix?.action === 'prepend-path')
    if (builds === buildingVersion(before))
      return `GOTOOLCHAIN=${effectiveValue(after, 'GOTOOLCHAIN')} takes ${wanted} whatever is first on PATH`;
  const stays = `a build here would use go${builds} then`;
  const pin = finding.kind === 'pin' ? pinOf(finding, after) : undefined;
  if (pin !== undefined) return evaluatePin(pin, builds).deviates ? stays : undefined;
  if (finding.kind !== 'conflict' || after === before) return undefined;
  const held = ground
    .conflictsOf(after)
    .some(({ rule, key }) => rule === finding.rule && key === finding.key && key === 'toolchain.version');
  return held ? stays : undefined;
}

const pinOf = ({ rule, origin }: Finding, { pins = [] }: World) =>
  pins.find((pin) => pin.rule === rule && pin.path === (origin?.path ?? ''));

/**
 * Explains why a command would leave builds worse off or not help, given that all earlier commands were
 * carried out.
 */
function missesGo(finding: Finding, fix: Fix, before: World, ground: Ground): string | undefined {
  if (fix.action === 'prepend-path') {
    const sdk = sdkIn(before, fix.directory);
    const why = sdk === undefined ? undefined : pathHarms(sdk, before);
    if (why !== undefined) return why;
  }
  const after = afterFix(before, fix);
  if (after === before) return undefined;
  return (
    worseOff(before, after, choosesGo(fix)) ??
    (choosesGo(fix) ? isIdle(finding, before, after, ground) : undefined)
  );
}

/** Explains why a command for a variable leads to another fault or drift; undefined if it does not. */
function harms(finding: Finding, fix: Fix, ground: Ground): string | undefined {
  const { env } = ground.world;
  if (env === undefined || !('name' in fix)) return undefined;
  const fact = factAfter(env, fix);
  if (fact === undefined) return undefined;
  const after = withFact(env, fact);
  const { origin, value, name } = fact;
  if (fix.action !== 'export' && origin.kind === 'goenv') {
    const place = `line ${origin.line ?? '?'} of ${origin.path ?? 'the GOENV file'}`;
    const comes = `${place} (${name}=${value}) comes into force`;
    if (value.includes(redacted)) return comes;
    if (isNoBetter(finding, { ...ground.world, env: after }, ground, name)) return comes;
  }
  // A toolchain is selected through a variable that the finding is not about.
  const isMeans = fix.action === 'export' && !isAbout(name)(finding);
  return !isMeans && ground.differs?.(name, after) === true
    ? `the baseline has another ${name} than what is in force then`
    : undefined;
}

/** Explains which effect of a command is not known; undefined if all effects are known. */
function unlooked(finding: Finding, fix: Fix, { before, after, conflicts }: Step): string | undefined {
  if (fix.action === 'prepend-path') {
    const sdk = sdkIn(before, fix.directory);
    if (sdk === undefined) return `which go lies in ${fix.directory} is not known`;
    const displaced = displacement(sdk);
    if (displaced !== undefined) return displaced;
  }
  if (!('name' in fix) && fix.action !== 'prepend-path') return undefined;
  if (before.env === undefined) return 'the environment is not known';
  if ('name' in fix && fix.name === 'GOENV') return 'another file of settings comes into force';
  // If GOROOT is set in the process environment, removing the GOENV line of GOROOT changes which go.env is
  // read: go looks for that file in the tree that GOENV names, even if another GOROOT is exported. A GOSUMDB
  // finding is exempt: it means that the tree has no go.env, so nothing is lost.
  const isPlace = fix.action === 'remove-line' && fix.name === 'GOROOT';
  if (
    isPlace &&
    before.env.variables.get('GOROOT')?.origin.kind === 'process' &&
    finding.key !== 'env.GOSUMDB'
  )
    return 'the go.env of another tree is read then';
  return unknownAfter({ before, after, conflicts });
}

/**
 * Reports whether two commands for one variable do not undo each other. Removing a line that has no effect is
 * compatible with exporting the variable.
 */
function agree(one: Fix, other: Fix): boolean {
  if (JSON.stringify(one) === JSON.stringify(other)) return true;
  const actions = [one.action, other.action];
  if (one.action === 'remove-line' && other.action === 'remove-line') return true;
  return actions.includes('remove-line') && actions.includes('export');
}

/** Returns the variable that a command sets; PATH counts, too. */
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

/** Returns the findings whose command contradicts a preferred command for the same variable. */
function contradicting(findings: readonly Finding[]): ReadonlySet<Finding> {
  const chosen = new Map<string, Fix[]>();
  const order = [...findings].sort((a, b) => Number(b.kind === 'drift') - Number(a.kind === 'drift'));
  const dropped = new Set<Finding>();
  for (const finding of order) {
    const { fix } = finding;
    const name = variableOf(fix);
    if (fix === undefined || name === undefined || finding.waived !== undefined) continue;
    const others = chosen.get(name) ?? [];
    if (others.every((other) => agree(fix, other))) chosen.set(name, [...others, fix]);
    else dropped.add(finding);
  }
  return dropped;
}

/**
 * Checks the commands as a sequence: each is simulated in the world that the earlier ones leave, with Go's
 * own toolchain selection. A command is dropped if it leaves builds worse off or helps nothing. It is also
 * dropped if it selects an older Go after `go mod tidy`, which may raise the go line.
 */
function inSequence(findings: readonly Finding[], ground: Ground): readonly Finding[] {
  let { world } = ground;
  let floor = '';
  const carriedOut = new Set<string>();
  return findings.map((finding) => {
    const { fix } = finding;
    if (fix === undefined || finding.waived !== undefined) return finding;
    const name = JSON.stringify(fix);
    if (carriedOut.has(name)) return finding;
    const after = afterFix(world, fix);
    const conflicts = ground.conflictsOf(world);
    const brought = after === world ? undefined : newConflict(conflicts, ground.conflictsOf(after));
    const why =
      missesGo(finding, fix, world, ground) ??
      unlooked(finding, fix, { before: world, after, conflicts }) ??
      (brought === undefined ? undefined : `it leads to ${brought.rule}: ${brought.summary}`) ??
      (after !== world && compareGoVersions(buildingVersion(after), floor) < 0
        ? 'go mod tidy comes before it and may raise the go line, so look again after that'
        : undefined);
    if (why !== undefined) return withoutFix(finding, why);
    carriedOut.add(name);
    world = after;
    if (isTidy(fix)) floor = buildingVersion(world);
    return finding;
  });
}

/**
 * Returns the findings with only those commands that can be carried out as printed, one after the other. If
 * two commands for one variable contradict each other, the one that restores the baseline wins, else that of
 * the first finding.
 */
export function settledFixes(findings: readonly Finding[], ground: Ground): readonly Finding[] {
  const passed = findings.map((finding) => {
    const { fix } = finding;
    if (fix === undefined) return finding;
    const why = exchangeable(ground.world, fix) ?? harms(finding, fix, ground);
    return why === undefined ? finding : withoutFix(finding, why);
  });
  const dropped = contradicting(passed);
  const settled = passed.map((finding) =>
    dropped.has(finding)
      ? withoutFix(finding, `another command here sets ${variableOf(finding.fix)}, so look again after that`)
      : finding,
  );
  return inSequence(settled, ground);
}
