/** Conflicts around which toolchain answers (contract §3: go-*, toolchain-*, sumdb-blocks-switch). */
import type { Selection } from '../../go/select.ts';
import { cachedToolchain } from '../../go/toolchain-files.ts';
import { compareGoVersions, toolchainToVersion } from '../../go/version.ts';
import { afterFix } from '../after-repair.ts';
import type { LocalToolchain } from '../facets/toolchain.ts';
import type { Fix } from '../model.ts';
import { evaluatePin } from '../pins.ts';
import { fittingSdk, newest, sdkFix, sdkWords, unmetDemand, worseOff } from '../sdk-choice.ts';
import { shellWord } from '../shell-word.ts';
import { missingPart } from '../whole-tree.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, originOf, startedVersion, takeAway, unset, unsetFix } from './rule.ts';

/** No go on PATH, or the first executable named go is none. */
export const goMissing: Rule = (world) => {
  const facts = world.toolchain;
  if (facts === undefined || facts.local !== undefined) return [];
  const sdk = fittingSdk(world);
  return [
    {
      key: 'toolchain.version',
      // Builds may be fine: what is not understood is no failure.
      ...(facts.candidates[0]?.unclear === true ? { level: 'patch' as const } : {}),
      summary: facts.missing ?? 'no go on PATH: every go command fails',
      repair:
        sdk !== undefined
          ? `put ${sdk.bin} on PATH (go${sdk.version})`
          : facts.installed.length > 0
            ? `put a Go that the project takes on PATH${sdkWords(world)}`
            : facts.candidates.length > 0
              ? 'put the bin directory of a Go before it on PATH, or name a go for the target in the configuration'
              : 'install Go and put its bin directory on PATH',
      ...sdkFix(world),
    },
  ];
};

/** Where GOTOOLCHAIN stands, in words. */
function gotoolchainPlace(world: World): string {
  const { origin } = originOf(world, 'GOTOOLCHAIN');
  return origin?.path === undefined ? '' : ` of ${origin.path}:${origin.line ?? '?'}`;
}

/**
 * How to get a Go of at least this version where GOTOOLCHAIN names another one: what it names is taken whatever stands first on PATH. Undefined
 * where it names none.
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
  // What the setting hides comes into force without it, and with it the lines of the project.
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

/** GOTOOLCHAIN=local (or the like) and a project that needs more. */
export const toolchainTooOld: Rule = (world) => {
  const { selection, project, local } = world.toolchain ?? {};
  if (selection?.tooOldFor === undefined || local === undefined) return [];
  const needed = selection.tooOldFor;
  const around = wayAroundGotoolchain(world, needed);
  const line =
    project?.goLine === undefined
      ? {}
      : { origin: { kind: 'file' as const, path: project.path, line: project.goLine } };
  // With a go first on PATH that would do, the setting alone is the cause.
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

/** Whether a version is what the project itself asks for by name: then GOTOOLCHAIN does as it is meant. */
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

/** A GOTOOLCHAIN that somebody wrote once outlives the upgrade of Go: the new go answers as the old one. */
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

/** Staying on the toolchain that is there helps only where the go line does not ask for more either. */
function orStay(world: World, words = ''): string {
  const { project, local } = world.toolchain ?? {};
  if (local === undefined || compareGoVersions(project?.go ?? '', local.version) > 0) return '';
  return `, or run with GOTOOLCHAIN=local${words}`;
}

/**
 * How to get the wanted toolchain. One that the project's lines want is also provided by a newer go that is first on PATH; one that
 * GOTOOLCHAIN names, also as the floor of `go1.26.0+auto`, is wanted to the letter, however new the local go is.
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

/** A needed toolchain that is absent and stays absent, that is none, or that cannot exist. */
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

/** GOTOOLCHAIN or a toolchain line that names no toolchain: every go command stops. A line of GOENV is goenv-invalid's. */
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

/** Where the demand for another toolchain stands. */
function selectionOrigin(world: World): Pick<Conflict, 'origin'> {
  const cause = world.toolchain?.selection?.cause;
  if (cause === 'GOTOOLCHAIN') return originOf(world, 'GOTOOLCHAIN');
  return cause === undefined ? {} : { origin: { kind: 'file', path: cause.file, line: cause.line } };
}

/** The next go command would fetch a toolchain. */
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

/** Each switch is checked against the checksum database, even to a toolchain that is there. */
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

/** A part of the tree that builds, in words, where this rule and not another tells of it. */
function brokenTool(local: LocalToolchain): string | undefined {
  const { goroot, ownGoroot, gorootParts } = local;
  // A GOROOT set by hand, or one without pkg/tool or src, is the affair of goroot-mismatch and goroot-not-sdk.
  if (goroot !== ownGoroot || !gorootParts.pkgTool || (!gorootParts.src && local.refused.length === 0))
    return undefined;
  return missingPart(local);
}

/**
 * How to get a whole tree. One of the module cache that go switches to it unpacks again, from the zip that is there, when it finds the mark of an
 * unpacking that did not end; nobody does that for a tree that is on PATH itself.
 */
function wholeTree(
  goroot: string,
  switched: boolean,
  refused: readonly string[] = [],
): Pick<Conflict, 'repair' | 'fix'> {
  const cached = switched ? cachedToolchain(goroot) : undefined;
  if (cached !== undefined) {
    const mark = `${cached.modcache}/${cached.partial}`;
    return {
      repair: `touch ${shellWord(mark)}: the next go command that needs it unpacks it again`,
      fix: { action: 'run', argv: ['touch', '--', mark] },
    };
  }
  if (refused.length === 0)
    return { repair: 'remove the directory and unpack the toolchain again into an empty one' };
  const files = refused.map((name) => `${goroot}/${name}`);
  return {
    repair: `chmod a+rx ${files.map(shellWord).join(' ')}, as their owner`,
    fix: { action: 'run', argv: ['chmod', 'a+rx', '--', ...files] },
  };
}

/** A half-extracted toolchain. */
export const toolchainPartial: Rule = (world) => {
  const { local, brokenSwitch, selection } = world.toolchain ?? {};
  if (brokenSwitch !== undefined)
    return [
      {
        key: 'toolchain.goroot',
        expected: selection?.wanted ?? '',
        origin: { kind: 'file', path: brokenSwitch.goroot },
        summary: `a build here switches to ${selection?.wanted}, which lies unfinished in the module cache: every go command fails with "${brokenSwitch.says}"`,
        ...wholeTree(brokenSwitch.goroot, true),
      },
    ];
  if (local === undefined) return [];
  const partial = local.partial ?? brokenTool(local);
  if (partial === undefined) return [];
  return [
    {
      key: 'toolchain.goroot',
      summary: `the toolchain's directory is incomplete (${partial}): builds fail, or mix two versions`,
      ...wholeTree(
        local.goroot,
        selection?.outcome === 'cached',
        local.partial === undefined ? local.refused : [],
      ),
    },
  ];
};

const binOf = (go: string) => go.replace(/\/go$/, '') || '/';

/** Several different go on PATH, and a newer one that meets all that is asked for is behind another one. */
export const goShadowed: Rule = (world) => {
  const facts = world.toolchain;
  const [first, ...others] = facts?.candidates.filter((candidate) => candidate.version !== undefined) ?? [];
  if (facts?.local === undefined || first === undefined) return [];
  // What the baseline has is what is expected, however old; what a pin does not take is not.
  if (first.version === world.baselineGo) return [];
  const newer = newest(
    others.flatMap((other) => {
      const { version = '' } = other;
      // Half a tree builds nothing, however new it is.
      const isWhole = other.realPath !== first.realPath && other.incomplete === undefined;
      const fits = isWhole && compareGoVersions(version, first.version ?? '') > 0;
      return fits && unmetDemand(world, version) === undefined ? [{ ...other, version }] : [];
    }),
  );
  if (newer === undefined) return [];
  const [mine, theirs] = [binOf(first.path), binOf(newer.path)];
  const why = facts.untrusted.get(theirs);
  return [
    {
      key: 'toolchain.version',
      expected: newer.version ?? '',
      actual: first.version ?? '',
      summary: `${first.path} (go${first.version}) comes before ${newer.path} (go${newer.version}) on PATH and answers`,
      // Whoever can write there would answer for every other program, too.
      ...(why === undefined
        ? {
            repair: `move ${theirs} before ${mine} on PATH, or take the unused one off it`,
            fix: { action: 'prepend-path' as const, directory: theirs },
          }
        : { repair: `take ${theirs} off PATH, where it must not come first: it ${why}` }),
    },
  ];
};

const entryName = (entry: string) =>
  entry === '' ? 'an empty entry (the current directory)' : `the relative entry "${entry}"`;

/** Relative entries of PATH: what a shell starts depends on where it stands. One finding, for the entry that does most. */
export const pathRelative: Rule = (world) => {
  const { relativeEntries: entries = [], candidates = [] } = world.toolchain ?? {};
  if (entries.length === 0) return [];
  const [first] = candidates;
  const others = entries.length === 1 ? '' : `, and ${entries.length - 1} more such`;
  const found = [...new Set(entries.flatMap(({ programs }) => programs))];
  const base = {
    key: 'env.PATH',
    actual: entries.map(({ entry }) => entry).join(':') || ':',
    repair:
      'take the relative entries and needless colons off PATH, or write the directories as absolute paths',
  };
  if (first?.relative !== undefined) {
    const { entry, ofTheCode } = first.relative;
    return [
      {
        ...base,
        level: ofTheCode ? 'minor' : 'patch',
        summary: `PATH has ${entryName(entry)}${others}: a shell in the workspace starts ${first.path} as go, one in another folder another go or none`,
      },
    ];
  }
  const there =
    found.length === 0
      ? 'a program that appears there is started before those that come later'
      : `${found.join(', ')} there: go refuses to start what it finds so ("cannot run executable found relative to current directory")`;
  return [
    {
      ...base,
      level: 'patch',
      summary: `PATH has ${entryName(entries[0]?.entry ?? '')}${others}: a shell looks there from where it stands; ${there}`,
    },
  ];
};

/** A go that godrift does not ask, so that what it would have confirmed is not taken for confirmed. */
export const goNotRun: Rule = (world) => {
  const { notRun, local, candidates = [] } = world.toolchain ?? {};
  // path-relative says it of a go that is found by a relative entry.
  if (notRun === undefined || local === undefined || candidates[0]?.relative !== undefined) return [];
  return [
    {
      key: 'toolchain.goroot',
      summary: `${local.path} is read and not run, for others can make it another program: ${notRun}. What go env and go list would confirm rests on files alone`,
      repair:
        'build with a Go of root or of your own in directories that nobody else can write, outside of the workspace and its repository',
    },
  ];
};

/** A toolchain of the module cache is not what was downloaded: go looked at the hash when it unpacked it, and never again. */
export const toolchainEdited: Rule = (world) => {
  const local = world.toolchain?.local;
  if (local?.edited === undefined) return [];
  const { expected, actual } = local.edited;
  return [
    {
      key: 'toolchain.digest',
      expected,
      actual,
      origin: { kind: 'file', path: local.goroot },
      summary: `the files of ${local.goroot} are not those of go${local.version} as it was downloaded: what is built with it may be wrong, and go does not look`,
      repair: `chmod -R u+w '${local.goroot}' && rm -rf '${local.goroot}': the next go command that needs it unpacks it again`,
    },
  ];
};
