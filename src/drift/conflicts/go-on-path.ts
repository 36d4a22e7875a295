/**
 * Conflicts about the go that PATH finds first (contract §3: go-missing, go-shadowed, path-relative,
 * go-not-run).
 */
import { goMinor } from '../../go/defaults.ts';
import { compareGoVersions } from '../../go/version.ts';
import type { ToolchainFacts } from '../facets/toolchain.ts';
import { fittingSdk, newest, sdkFix, sdkWords, unmetDemand } from '../sdk-choice.ts';
import type { Conflict, Rule, World } from './rule.ts';

/** Reports that PATH has no go, or that its first executable named go is not one. */
export const goMissing: Rule = (world) => {
  const facts = world.toolchain;
  if (facts === undefined || facts.local !== undefined) return [];
  // The PATH of builds was not read. That the usual directories have no go says nothing about it, for example
  // if only a container's volumes are visible.
  if (world.processUnknown && facts.candidates.length === 0) return [];
  return [
    {
      key: 'toolchain.version',
      // Builds may be fine: a script that was not understood is not a failure.
      ...(facts.candidates[0]?.unclear === true ? { level: 'patch' as const } : {}),
      summary: facts.missing ?? 'no go on PATH: every go command fails',
      ...repairOfMissing(world, facts),
    },
  ];
};

/** Returns how to get a working go. If the configuration names one, PATH makes no difference. */
function repairOfMissing(
  world: World,
  { named, installed, candidates }: ToolchainFacts,
): Pick<Conflict, 'repair' | 'fix'> {
  const sdk = fittingSdk(world);
  if (named === true)
    return {
      repair: `name a go that is a program for the target in the configuration${sdk === undefined ? '' : `: ${sdk.bin}/go (go${sdk.version})`}`,
    };
  if (sdk !== undefined) {
    const first = candidates.length === 0 ? '' : ' first';
    return { repair: `put ${sdk.bin}${first} on PATH (go${sdk.version})`, ...sdkFix(world) };
  }
  if (installed.length > 0) return { repair: `put a Go that the project takes on PATH${sdkWords(world)}` };
  return {
    repair:
      candidates.length > 0
        ? 'put the bin directory of a Go before it on PATH, or name a go for the target in the configuration'
        : 'install Go and put its bin directory on PATH',
  };
}

const binOf = (go: string) => go.replace(/\/go$/, '') || '/';

/** Reports a newer go on PATH that meets all demands but is shadowed by an older one. */
export const goShadowed: Rule = (world) => {
  const facts = world.toolchain;
  const [first, ...others] = facts?.candidates.filter((candidate) => candidate.version !== undefined) ?? [];
  if (facts?.local === undefined || first === undefined) return [];
  // The version of the baseline is the expected one, however old; a version that a pin excludes is not.
  if (first.version === world.baselineGo) return [];
  const newer = newest(
    others.flatMap((other) => {
      const { version = '' } = other;
      // A newer but incomplete tree cannot build.
      const isWhole = other.realPath !== first.realPath && other.incomplete === undefined;
      const fits = isWhole && compareGoVersions(version, first.version ?? '') > 0;
      return fits && unmetDemand(world, version) === undefined ? [{ ...other, version }] : [];
    }),
  );
  if (newer === undefined) return [];
  const [mine, theirs] = [binOf(first.path), binOf(newer.path)];
  const why = facts.untrusted.get(theirs);
  // If PATH has a symlink among other programs, offer the directory of the tree behind it.
  const directory =
    facts.installed.find(({ bin }) => bin === theirs || bin === binOf(newer.realPath))?.bin ?? theirs;
  return [
    {
      key: 'toolchain.version',
      expected: newer.version ?? '',
      actual: first.version ?? '',
      summary: `${first.path} (go${first.version}) comes before ${newer.path} (go${newer.version}) on PATH and answers`,
      // A user who can write there could replace every other program as well.
      ...(why === undefined
        ? {
            repair: `${directory === theirs ? 'move' : 'put'} ${directory} before ${mine} on PATH, or take the unused one off it`,
            // No automatic change to another minor release: it builds other files (`//go:build go1.27`) and
            // compiles a little differently.
            ...(goMinor(newer.version ?? '') === goMinor(first.version ?? '')
              ? { fix: { action: 'prepend-path' as const, directory } }
              : {}),
          }
        : { repair: `take ${theirs} off PATH, where it must not come first: it ${why}` }),
    },
  ];
};

const entryName = (entry: string) =>
  entry === '' ? 'an empty entry (the current directory)' : `the relative entry "${entry}"`;

/**
 * Reports relative entries of PATH, which make the started program depend on the working directory. One
 * finding, for the most harmful entry.
 */
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

/** Reports a go that godrift does not execute, so that its facts are not mistaken for confirmed ones. */
export const goNotRun: Rule = (world) => {
  const { notRun, local, candidates = [] } = world.toolchain ?? {};
  // path-relative already reports a go that is found by a relative entry.
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
