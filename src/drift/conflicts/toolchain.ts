/** Conflicts around the toolchain that a build would use (contract §3: toolchain-*, sumdb-blocks-switch). */
import type { Selection } from '../../go/select.ts';
import { compareGoVersions, toolchainToVersion } from '../../go/version.ts';
import { afterFix } from '../after-repair.ts';
import type { Fix } from '../model.ts';
import { evaluatePin } from '../pins.ts';
import { sdkFix, sdkWords, worseOff } from '../sdk-choice.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, originOf, startedVersion, takeAway, unset, unsetFix } from './rule.ts';

/** Returns the location of GOTOOLCHAIN as a suffix: ` of FILE:LINE`, or '' if it is not in a file. */
function gotoolchainPlace(world: World): string {
  const { origin } = originOf(world, 'GOTOOLCHAIN');
  return origin?.path === undefined ? '' : ` of ${origin.path}:${origin.line ?? '?'}`;
}

/**
 * Returns how to get a Go of at least this version if GOTOOLCHAIN names another one, which is used whatever
 * is first on PATH. Undefined if GOTOOLCHAIN names no version.
 */
export function wayAroundGotoolchain(
  world: World,
  version: string,
): Pick<Conflict, 'repair' | 'fix'> | undefined {
  const fact = world.env?.variables.get('GOTOOLCHAIN');
  const local = startedVersion(world);
  if (fact === undefined || local === '' || toolchainToVersion(fact.value) === '') return undefined;
  const takenAway = unset(world, 'GOTOOLCHAIN');
  const cleared = unsetFix(world, 'GOTOOLCHAIN');
  const without = cleared.fix === undefined ? world : afterFix(world, cleared.fix);
  if (compareGoVersions(local, version) < 0)
    return { repair: `${takenAway}, and put a go >= ${version} first on PATH${sdkWords(without, version)}` };
  // Without the setting the value that it shadows comes into force, and with it the lines of the project.
  const below = toolchainToVersion(fact.shadows[0]?.value ?? '');
  const hidden =
    below === '' || compareGoVersions(below, version) >= 0
      ? worseOff(world, without, true)
      : `what it hides (${fact.shadows[0]?.origin.path ?? '$GOROOT/go.env'}) names go${below}`;
  const stay: Fix = { action: 'export', name: 'GOTOOLCHAIN', value: 'local' };
  if (hidden !== undefined && worseOff(world, afterFix(world, stay), true) === undefined)
    return { repair: `export GOTOOLCHAIN=local: ${hidden}`, fix: stay };
  return { repair: takenAway, ...cleared };
}

/** Reports that the project requires a newer Go while GOTOOLCHAIN (local or the like) forbids switching. */
export const toolchainTooOld: Rule = (world) => {
  const { selection, project, local } = world.toolchain ?? {};
  if (selection?.tooOldFor === undefined || local === undefined) return [];
  const needed = selection.tooOldFor;
  const around = wayAroundGotoolchain(world, needed);
  const line =
    project?.goLine === undefined
      ? {}
      : { origin: { kind: 'file' as const, path: project.path, line: project.goLine } };
  // If the go that is first on PATH is new enough, only the setting is to blame.
  const settled = compareGoVersions(startedVersion(world), needed) >= 0;
  return [
    {
      key: 'toolchain.version',
      expected: `>= ${needed}`,
      actual: selection.effective,
      summary: `${project?.kind ?? 'go.mod'} requires go >= ${needed}, go ${selection.effective} answers and GOTOOLCHAIN=${effectiveValue(world, 'GOTOOLCHAIN') || 'local'}${gotoolchainPlace(world)} forbids switching: go refuses to load the module`,
      ...(around ?? {
        repair: `put a go >= ${needed} first on PATH${sdkWords(world, needed)}`,
        ...sdkFix(world, needed),
      }),
      ...(settled ? originOf(world, 'GOTOOLCHAIN') : line),
    },
  ];
};

/** Reports whether the project itself asks for this version; GOTOOLCHAIN then works as intended. */
function isPinned(world: World, version: string): boolean {
  const { project } = world.toolchain ?? {};
  if (project?.toolchain === `go${version}`) return true;
  return (world.pins ?? []).some(
    (pin) =>
      pin.kind === 'exact' &&
      !evaluatePin(pin, version).deviates &&
      evaluatePin(pin, startedVersion(world)).deviates,
  );
}

/** Reports a GOTOOLCHAIN that outlived an upgrade of Go: the new go still switches to the old one. */
export const toolchainHeldBack: Rule = (world) => {
  const { selection } = world.toolchain ?? {};
  const started = startedVersion(world);
  if (selection?.cause !== 'GOTOOLCHAIN' || started === '' || selection.tooOldFor !== undefined) return [];
  const { effective } = selection;
  if (effective === '' || compareGoVersions(effective, started) >= 0 || isPinned(world, effective)) return [];
  const setting = `GOTOOLCHAIN=${effectiveValue(world, 'GOTOOLCHAIN')}${gotoolchainPlace(world)}`;
  return [
    {
      key: 'toolchain.version',
      expected: started,
      actual: effective,
      ...originOf(world, 'GOTOOLCHAIN'),
      summary: `${setting} holds builds here back at go${effective}, although go${started} is first on PATH`,
      ...takeAway(world, 'GOTOOLCHAIN'),
    },
  ];
};

/** Returns the alternative of staying on the current toolchain; '' if the go line requires a newer one. */
function orStay(world: World, words = ''): string {
  const { project, local } = world.toolchain ?? {};
  if (local === undefined || compareGoVersions(project?.go ?? '', local.version) > 0) return '';
  return `, or run with GOTOOLCHAIN=local${words}`;
}

/**
 * Returns how to get the wanted toolchain. If lines of the project want it, a newer go first on PATH is fine,
 * too. If GOTOOLCHAIN names it, also as the minimum in `go1.26.0+auto`, go wants exactly that version,
 * however new the local go is.
 */
function provide(world: World, selection: Selection, stay = ''): Pick<Conflict, 'repair' | 'fix'> {
  const { wanted, cause, localWouldDo } = selection;
  if (cause === 'GOTOOLCHAIN' || localWouldDo === true) {
    const exact = world.toolchain?.installed.find(({ version }) => `go${version}` === wanted);
    const or = exact === undefined ? '' : `, or put ${exact.bin} first on PATH (${wanted})`;
    return { repair: `${unset(world, 'GOTOOLCHAIN')}${or}`, ...unsetFix(world, 'GOTOOLCHAIN') };
  }
  const version = wanted.replace(/^go/, '');
  return {
    repair: `put ${wanted} first on PATH${sdkWords(world, version)}${orStay(world, stay)}`,
    ...sdkFix(world, version),
  };
}

/** Reports a needed toolchain that is missing and cannot be downloaded, or that cannot exist. */
export const toolchainNotInstalled: Rule = (world) => {
  const { selection, switchProblem } = world.toolchain ?? {};
  if (selection === undefined) return [];
  if (selection.outcome === 'invalid') return toolchainInvalid(world, selection);
  if (selection.outcome !== 'not-found' && switchProblem === undefined) return [];
  const why =
    switchProblem ??
    `which is not installed and cannot be downloaded (${selection.reason}): every go command in the workspace fails`;
  return [
    {
      key: 'toolchain.version',
      expected: selection.wanted,
      summary: `a build here needs ${selection.wanted}, ${switchProblem === undefined ? '' : 'and '}${why}`,
      ...provide(world, selection),
      ...selectionOrigin(world),
    },
  ];
};

/**
 * Describes a GOTOOLCHAIN or toolchain line that names no toolchain, which stops every go command. For a line
 * of GOENV, goenv-invalid reports it.
 */
function toolchainInvalid(world: World, { cause, error, reason }: Selection): readonly Conflict[] {
  const named = typeof cause === 'object';
  if (!named && world.env?.variables.get('GOTOOLCHAIN')?.origin.kind === 'goenv') return [];
  return [
    {
      key: 'toolchain.version',
      ...(named ? {} : { actual: effectiveValue(world, 'GOTOOLCHAIN') }),
      summary: `a build here asks for a toolchain that does not exist: every go command fails with "${error ?? reason}"`,
      ...(named
        ? { repair: `correct the toolchain line in ${cause.file}:${cause.line}` }
        : takeAway(world, 'GOTOOLCHAIN')),
      ...(named
        ? { origin: { kind: 'file' as const, path: cause.file, line: cause.line } }
        : originOf(world, 'GOTOOLCHAIN')),
    },
  ];
}

/** Returns the origin of the demand for another toolchain. */
function selectionOrigin(world: World): Pick<Conflict, 'origin'> {
  const cause = world.toolchain?.selection?.cause;
  if (cause === 'GOTOOLCHAIN') return originOf(world, 'GOTOOLCHAIN');
  return cause === undefined ? {} : { origin: { kind: 'file', path: cause.file, line: cause.line } };
}

/** Reports that the next go command would download a toolchain. */
export const toolchainDownloadPending: Rule = (world) => {
  const selection = world.toolchain?.selection;
  if (selection?.outcome !== 'download') return [];
  return [
    {
      key: 'toolchain.version',
      actual: selection.wanted,
      summary: `the next go command here downloads ${selection.wanted} (${selection.reason})`,
      ...provide(world, selection, ' to stay on the installed one'),
      ...selectionOrigin(world),
    },
  ];
};

/**
 * Reports that the checksum database settings forbid a switch. Go verifies every switch, even to an installed
 * toolchain.
 */
export const sumdbBlocksSwitch: Rule = (world) => {
  const selection = world.toolchain?.selection;
  if (selection?.outcome !== 'forbidden') return [];
  return [
    {
      key: 'env.GOSUMDB',
      actual: effectiveValue(world, 'GOSUMDB'),
      summary: `a build here switches to ${selection.wanted}, and go refuses: ${selection.error ?? selection.reason}`,
      repair: `put ${selection.wanted} first on PATH${sdkWords(world, selection.wanted.replace(/^go/, ''))}, or ${unset(world, 'GOSUMDB')}`,
      ...sdkFix(world, selection.wanted.replace(/^go/, '')),
      ...originOf(world, 'GOSUMDB'),
    },
  ];
};
