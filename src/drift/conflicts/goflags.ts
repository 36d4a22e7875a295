/** Conflicts of GOFLAGS, whose flags apply to every command that has them (contract §3: goflags-*). */
import {
  flagValue,
  type Goflag,
  joinQuoted,
  parseGoflags,
  programFlags,
  splitQuoted,
} from '../../go/goflags.ts';
import { unknownGoflag } from '../../go/goroot-source.ts';
import { type Sanitizer, sanitizers } from '../../go/sanitizer-platforms.ts';
import { compareGoVersions } from '../../go/version.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, effectiveVersion, originOf, takeAway } from './rule.ts';

// The words that strconv.ParseBool accepts.
const truth = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/;
const boolean = (value: string) => truth.test(value);
const oneOf =
  (...words: readonly string[]) =>
  (value: string) =>
    words.includes(value);

/**
 * `FLAGS`, which begin with a dash, or `PATTERN=FLAGS` (PerPackageFlag.Set in cmd/go/internal/load/flag.go).
 */
const perPackage = (value: string) => /^\s*(?:$|-|[^\s='"][^=]*=)/.test(value);

/**
 * Checks for values of common flags: every command with the flag refuses other values
 * (cmd/go/internal/work/build.go and init.go, modload/init.go).
 */
const flagValues: Readonly<Record<string, (value: string) => boolean>> = {
  mod: oneOf('', 'mod', 'readonly', 'vendor'),
  modfile: (value) => value === '' || value.endsWith('.mod'),
  ...Object.fromEntries(['asmflags', 'gcflags', 'ldflags', 'gccgoflags'].map((name) => [name, perPackage])),
  p: (value) => /^\+?0*[1-9]/.test(value),
  count: (value) => /^[+-]?\d/.test(value),
  buildvcs: (value) => value === 'auto' || boolean(value),
  buildmode: oneOf('archive', 'c-archive', 'c-shared', 'default', 'exe', 'pie', 'shared', 'plugin'),
  compiler: oneOf('gc', 'gccgo'),
  covermode: oneOf('set', 'count', 'atomic'),
  ...Object.fromEntries(
    ['a', 'n', 'x', 'race', 'msan', 'asan', 'trimpath', 'modcacherw', 'linkshared'].map((name) => [
      name,
      boolean,
    ]),
  ),
};

/** Flags that require a value (`flag needs an argument`). */
const needValue: ReadonlySet<string> = new Set([
  ...[
    'mod',
    'modfile',
    'p',
    'count',
    'buildmode',
    'compiler',
    'covermode',
    'coverpkg',
    'tags',
    'overlay',
    'pgo',
  ],
  ...[
    'asmflags',
    'gcflags',
    'ldflags',
    'gccgoflags',
    'installsuffix',
    'pkgdir',
    'toolexec',
    'run',
    'timeout',
  ],
]);

const onCommands = 'on every command that has the flag';

/** Go's objection to GOFLAGS, as the end of a sentence, and the flags to blame. */
interface Refusal {
  readonly says: string;
  readonly isBad: (flag: Goflag) => boolean;
}

const named =
  (name: string) =>
  (flag: Goflag): boolean =>
    flag.name === name;

/**
 * Returns go's objection to -race, -msan and -asan: two of them, an unsupported platform, then missing cgo
 * (instrumentInit in work/init.go).
 */
function sanitizerMisuse(world: World, flags: readonly Goflag[]): Refusal | undefined {
  const [first, second] = ['race', 'msan', 'asan'].filter((name) => isSet(flags, name));
  // Which of the two is intended is not known.
  if (second !== undefined)
    return {
      says: `"may not use -${first} and -${second} simultaneously" on every build`,
      isBad: () => false,
    };
  const name = sanitizers.find((one) => isSet(flags, one));
  const says = name === undefined ? undefined : sanitizerAlone(world, name);
  return name === undefined || says === undefined ? undefined : { says, isBad: named(name) };
}

/** Returns go's objection to a single one of these flags. */
function sanitizerAlone(world: World, name: Sanitizer): string | undefined {
  const [os, arch] = [effectiveValue(world, 'GOOS'), effectiveValue(world, 'GOARCH')];
  if (world.toolchain?.knowledge.sanitizers?.[name].has(`${os}/${arch}`) === false)
    return `"-${name} is not supported on ${os}/${arch}" on every build`;
  // The race detector of Apple's systems does not need cgo.
  return effectiveValue(world, 'CGO_ENABLED') === '0' && (os !== 'darwin' || name !== 'race')
    ? `"-${name} requires cgo" on every build, as CGO_ENABLED is 0`
    : undefined;
}

const isSet = (flags: readonly Goflag[], name: string) => /^(1|t)/i.test(flagValue(flags, name) ?? '');

/** Returns the sanitizer in GOFLAGS; with one every build needs a C compiler. */
export function sanitizerOf(world: World): Sanitizer | undefined {
  const { flags } = parseGoflags(effectiveValue(world, 'GOFLAGS'));
  return sanitizers.find((one) => isSet(flags, one));
}

/** Build modes that link with the C compiler (measured with go1.26.8 on linux/amd64, where pie does not). */
const linkedOutside: ReadonlySet<string> = new Set(['c-archive', 'c-shared', 'plugin', 'shared']);

/**
 * Returns the linkmode in `-ldflags`, for all packages or those on the command line; undefined if none is
 * set.
 */
function linkmodeOf(ldflags: string): string | undefined {
  const split = splitQuoted(ldflags.replace(/^\s*all=/, ''));
  const words = 'problem' in split ? [] : split.fields;
  const modes = words.flatMap((word, at) => {
    const [, value] = /^--?linkmode(?:=(.*))?$/.exec(word) ?? [undefined, null];
    return value === null ? [] : [value ?? words[at + 1] ?? ''];
  });
  return modes.at(-1);
}

/**
 * Returns the flag of GOFLAGS because of which every program is linked with the C compiler; undefined if
 * there is none.
 */
export function outsideLinker(world: World): string | undefined {
  const { flags } = parseGoflags(effectiveValue(world, 'GOFLAGS'));
  const mode = flagValue(flags, 'buildmode') ?? '';
  if (linkedOutside.has(mode)) return `-buildmode=${mode}`;
  if (isSet(flags, 'linkshared')) return '-linkshared';
  return linkmodeOf(flagValue(flags, 'ldflags') ?? '') === 'external' ? '-linkmode=external' : undefined;
}

/** Returns go's objection to flags that exist (flag.FlagSet.Parse). */
function misuse(world: World, flags: readonly Goflag[]): Refusal | undefined {
  // -C must be the first argument, so in GOFLAGS it is refused with any value (cmd/go/internal/base/flag.go).
  if (flags.some(named('C')))
    return { says: `"-C flag must be first flag on command line" ${onCommands}`, isBad: named('C') };
  const bare = flags.find((flag) => flag.value === undefined && needValue.has(flag.name));
  if (bare !== undefined)
    return {
      says: `"flag needs an argument: -${bare.name}" ${onCommands}`,
      isBad: ({ text }) => text === bare.text,
    };
  const wrong = flags.find(
    (flag) => flag.value !== undefined && flagValues[flag.name]?.(flag.value) === false,
  );
  if (wrong !== undefined)
    return {
      says: `"-${wrong.name}" ${onCommands}: ${wrong.value} is no value of it`,
      isBad: ({ text }) => text === wrong.text,
    };
  return sanitizerMisuse(world, flags) ?? buildmodeMisuse(world, flags) ?? workspaceMisuse(world, flags);
}

/**
 * Returns an objection to a combination of flags. Which of them is intended is not known, so none is removed.
 */
const together = (says: string): Refusal => ({ says, isBad: () => false });

/**
 * Returns go's objection to build modes and coverage that are incompatible with -race, and to modes that need
 * cgo (work/init.go; externalLinkingReason in load/pkg.go).
 */
function buildmodeMisuse(world: World, flags: readonly Goflag[]): Refusal | undefined {
  const mode = flagValue(flags, 'buildmode') ?? '';
  const cover = flagValue(flags, 'covermode') ?? 'atomic';
  if (isSet(flags, 'race') && cover !== 'atomic')
    return together(`"-covermode must be "atomic", not "${cover}", when -race is enabled" on every build`);
  // Some other systems build PIE by default.
  if (isSet(flags, 'race') && mode === 'pie' && effectiveValue(world, 'GOOS') === 'linux')
    return together('"-buildmode=pie not supported when -race is enabled" on every build');
  const needsCgo = mode === 'plugin' || (mode === 'c-shared' && effectiveValue(world, 'GOARCH') !== 'wasm');
  // Measured with 1.24.13 to 1.27.4; 1.21.13 links all the same.
  return needsCgo &&
    effectiveValue(world, 'CGO_ENABLED') === '0' &&
    compareGoVersions(effectiveVersion(world), '1.24') >= 0
    ? {
        says: `"-buildmode=${mode} requires external (cgo) linking, but cgo is not enabled" on every build of a program`,
        isBad: named('buildmode'),
      }
    : undefined;
}

/**
 * Returns go's objection to flags that cannot be combined with a go.work (setDefaultBuildMod and Init in
 * modload/init.go).
 */
function workspaceMisuse(world: World, flags: readonly Goflag[]): Refusal | undefined {
  if (world.toolchain?.project?.kind !== 'go.work') return undefined;
  const onLoading = 'as a go.work takes effect, on every command that loads packages';
  if (flagValue(flags, 'mod') === 'mod')
    return { says: `"-mod may only be set to readonly", ${onLoading}`, isBad: named('mod') };
  return (flagValue(flags, 'modfile') ?? '') === ''
    ? undefined
    : { says: `"-modfile cannot be used in workspace mode", ${onLoading}`, isBad: named('modfile') };
}

/** Returns go's objection to GOFLAGS; undefined if go accepts it. */
function goflagsRefusal(world: World, value: string): Refusal | undefined {
  const { flags, problem } = parseGoflags(value);
  // A word that is not a flag may contain a secret, so the value may be redacted as a whole; go's exact
  // message is not known here.
  if (problem !== undefined)
    return {
      says: '"parsing $GOFLAGS", as a word in it is no flag or a quote has no end, on every command but go env',
      isBad: () => false,
    };
  const known = world.toolchain?.knowledge.flags;
  const unknown = known === undefined ? undefined : unknownGoflag(flags, known);
  if (unknown !== undefined)
    return {
      says: `"parsing $GOFLAGS: unknown flag -${unknown.name}" on every command but go env`,
      isBad: named(unknown.name),
    };
  return misuse(world, flags);
}

/** Returns the repair that removes flags from GOFLAGS and keeps the others. */
function withoutFlags(world: World, isBad: Refusal['isBad']): Pick<Conflict, 'repair' | 'fix'> {
  return takeAway(world, 'GOFLAGS', (word) => parseGoflags(joinQuoted([word]) ?? '').flags.some(isBad));
}

/** Reports a GOFLAGS with a flag that no go command has, or with a value that go refuses. */
export const goflagsUnknown: Rule = (world) => {
  const value = effectiveValue(world, 'GOFLAGS');
  const refusal = value === '' ? undefined : goflagsRefusal(world, value);
  if (refusal === undefined) return [];
  return [
    {
      key: 'env.GOFLAGS',
      actual: value,
      ...originOf(world, 'GOFLAGS'),
      summary: `go fails with ${refusal.says}`,
      ...withoutFlags(world, refusal.isBad),
    },
  ];
};

/** Reports `-mod=mod` in GOFLAGS, which applies it to every command. */
export const goflagsRewritesGomod: Rule = (world) => {
  const value = effectiveValue(world, 'GOFLAGS');
  if (value === '' || flagValue(parseGoflags(value).flags, 'mod') !== 'mod') return [];
  return [
    {
      key: 'env.GOFLAGS',
      actual: value,
      ...originOf(world, 'GOFLAGS'),
      summary: 'GOFLAGS holds -mod=mod: go list, go build and go vet may rewrite go.mod and go.sum',
      ...withoutFlags(world, named('mod')),
    },
  ];
};

/**
 * Reports files and programs that flags name and that do not exist, and invalid overlays: every build reads
 * or runs them.
 */
export const goflagsFileMissing: Rule = (world) => {
  const conflict = (flag: string, summary: string, or: string): Conflict => {
    const { repair, fix } = withoutFlags(world, named(flag));
    return {
      key: 'env.GOFLAGS',
      actual: effectiveValue(world, 'GOFLAGS'),
      ...originOf(world, 'GOFLAGS'),
      summary,
      repair: `${repair}, or ${or}`,
      ...(fix === undefined ? {} : { fix }),
    };
  };
  const missing = (world.env?.goflagsMissing ?? []).map(({ flag, path }) => {
    const program = programFlags.some((one) => one === flag) && !path.includes('/');
    const flagged = flag === 'compiler' ? '-compiler=gccgo' : `-${flag}=${path}`;
    return conflict(
      flag,
      `GOFLAGS holds ${flagged}, and ${program ? `PATH has no ${path}` : 'there is no such file'}: every build fails`,
      `bring back ${path}`,
    );
  });
  const overlay = world.env?.overlayProblem;
  if (overlay === undefined) return missing;
  const { path, text, source } = overlay;
  const whose = source === undefined ? 'every build' : `every build of the package of ${source}`;
  return [
    ...missing,
    conflict(
      'overlay',
      `GOFLAGS holds -overlay=${path}, and ${whose} fails with "${text}"`,
      `correct ${path}`,
    ),
  ];
};
