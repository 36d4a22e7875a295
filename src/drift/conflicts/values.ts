/**
 * Values that go refuses, wherever they are set (contract §3: goenv-invalid, env-invalid), and one that go
 * ignores.
 */
import { splitQuoted } from '../../go/goflags.ts';
import { gosumdbProblem } from '../../go/gosumdb.ts';
import { govcsProblem } from '../../go/govcs.ts';
import type { VariableFact } from '../model.ts';
import { shellWord } from '../shell-word.ts';
import { fips, fipsModeless } from './fips.ts';
import {
  buildsNeedModuleCache,
  noModuleCache,
  withoutBuildCache,
  withoutModuleCache,
} from './missing-caches.ts';
import { withoutDatabase } from './missing-database.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, settingOf, takeAway } from './rule.ts';

/**
 * What go does, as the end of a sentence; `minor` if most commands still work. `stops`: the programs that
 * fail, if not go.
 */
type Refusal = string | { readonly minor: string; readonly stops?: string } | undefined;

function absolute(value: string, text: string): Refusal {
  return value.startsWith('/') ? undefined : text;
}

/** Every entry counts, except empty ones (cmd/go/main.go). */
function gopath(value: string, world: World): Refusal {
  // The first entry contains the module cache (cmd/go/internal/cfg, gopathDir).
  if (value.startsWith(':') && effectiveValue(world, 'GOMODCACHE') === '') {
    const fails = `the first entry is empty, so ${noModuleCache}`;
    return world.modules === undefined || buildsNeedModuleCache(world)
      ? fails
      : { minor: fails, stops: 'builds with modules' };
  }
  const bad = value.split(':').find((entry) => entry !== '' && !entry.startsWith('/'));
  if (bad === undefined) return undefined;
  return bad.startsWith('~')
    ? 'every command fails with "GOPATH entry cannot start with shell metacharacter \'~\'"'
    : 'every command fails with "GOPATH entry is relative; must be absolute path"';
}

/** modload.FindGoWork uses the path as it is. */
function gowork(value: string, world: World): Refusal {
  if (value === 'off' || value === 'auto') return undefined;
  if (!value.startsWith('/'))
    return 'every command that loads packages fails with "invalid GOWORK: not an absolute path"';
  if (world.env?.goworkDirectory === true)
    return 'every command that loads packages fails with "is a directory"';
  return world.env?.goworkFound === false
    ? 'every command that loads packages fails with "reading go.work", as there is no such file'
    : undefined;
}

/**
 * cmd/go/internal/work/init.go (BuildInit): a relative command contains a slash and does not begin with one.
 */
function compiler(name: string): (value: string) => Refusal {
  return (value) => {
    const split = splitQuoted(value);
    if ('problem' in split)
      return `every build fails with "${name} environment variable could not be parsed: ${split.problem}"`;
    const [command = ''] = split.fields;
    return command.includes('/') && !command.startsWith('/')
      ? `every build fails with "${name} environment variable is relative; must be absolute path"`
      : undefined;
  };
}

/** cmd/go/internal/work/exec.go (envList) panics. */
function compilerFlags(value: string): Refusal {
  const split = splitQuoted(value);
  return 'problem' in split
    ? { minor: `every build of a package with cgo stops with "could not parse environment variable"` }
    : undefined;
}

/** cmd/go/internal/modfetch/proxy.go: a word with a dot, colon or slash is taken for a host. */
function goproxy(value: string): Refusal {
  const entries = value.split(/[,|]/).map((entry) => entry.trim());
  if (entries.every((entry) => entry === ''))
    return {
      minor:
        'every download of a module fails with "GOPROXY list is not the empty string, but contains no entries"',
    };
  for (const entry of entries.filter((one) => one !== '')) {
    if (entry === 'direct' || entry === 'off') return undefined;
    const scheme = /^([a-z][a-z0-9+.-]*):\//i.exec(entry)?.[1]?.toLowerCase();
    if (scheme === undefined && (entry.startsWith('/') || !/[.:/]/.test(entry)))
      return { minor: 'every download of a module fails with "invalid proxy URL missing scheme"' };
    if (scheme !== undefined && !['http', 'https', 'file'].includes(scheme))
      return { minor: 'every download of a module fails with "invalid proxy URL scheme"' };
  }
  return undefined;
}

/** Returns the error of a download for a setting that go reads only then. */
function atDownload(what: string, problem: string | undefined): Refusal {
  return problem === undefined ? undefined : { minor: `every download ${what} fails with "${problem}"` };
}

/**
 * Checks GOTOOLCHAIN in GOENV only; elsewhere toolchain-not-installed reports it. An invalid toolchain line
 * of the project is not meant here.
 */
function gotoolchain(_: string, world: World, origin: string): Refusal {
  const selection = world.toolchain?.selection;
  if (origin !== 'goenv' || selection?.outcome !== 'invalid' || typeof selection.cause === 'object')
    return undefined;
  return `every command fails with "${selection.error ?? selection.reason}"`;
}

/** Go's errors for values that it refuses, by variable; measured with go1.21 to go1.27. */
const refusals: Readonly<Record<string, (value: string, world: World, origin: string) => Refusal>> = {
  GOPATH: gopath,
  GOMODCACHE: (value, world) =>
    world.env?.modCacheFile === true
      ? 'every command that needs a module fails, as it is no directory'
      : absolute(
          value,
          'every command that needs a module fails with "GOMODCACHE entry is relative; must be absolute path"',
        ),
  GOCACHEPROG: (_, world) => {
    const problem = world.env?.cacheProgramProblem;
    return problem === undefined
      ? undefined
      : `every command that uses the build cache fails with "${problem}"`;
  },
  // Go itself does not read it, so go build is not affected.
  GOPACKAGESDRIVER: (_, world) =>
    world.env?.packagesDriverFound === false
      ? {
          stops: 'gopls, golangci-lint and whatever else loads packages',
          minor: 'each fails to start it, as there is no such program',
        }
      : undefined,
  // cmd/go/internal/cache/default.go, DefaultDir and initDefaultCache.
  GOCACHE: (value) =>
    absolute(
      value,
      value === 'off'
        ? 'every build fails with "build cache is disabled by GOCACHE=off, but required as of Go 1.12"'
        : 'every build fails with "build cache is required, but could not be located: GOCACHE is not an absolute path"',
    ),
  GOBIN: (value, world) => {
    if (world.env?.gobinFile === true)
      return { minor: 'go install fails with "file exists", as it is no directory' };
    const why = absolute(value, 'go install fails with "cannot install, GOBIN must be an absolute path"');
    return typeof why === 'string' ? { minor: why } : why;
  },
  GOTOOLCHAIN: gotoolchain,
  GOROOT: (value, _, origin) =>
    origin === 'goenv' && value.endsWith('\r')
      ? 'GOROOT ends in a carriage return, and every command fails'
      : undefined,
  GO111MODULE: (value) =>
    ['on', 'off', 'auto'].includes(value)
      ? undefined
      : 'every command that loads packages fails with "unknown environment setting GO111MODULE"',
  GOWORK: gowork,
  GOFIPS140: fips,
  GOPROXY: goproxy,
  GOSUMDB: (value, world) =>
    atDownload(
      'that go.sum does not know yet',
      gosumdbProblem(value, world.toolchain?.knowledge.databaseHosts),
    ),
  GOVCS: (value) => atDownload('straight from a repository', govcsProblem(value)),
  GOAUTH: (_, world) => atDownload('over https', world.env?.authProblem),
  CC: compiler('CC'),
  CXX: compiler('CXX'),
  FC: compiler('FC'),
  ...Object.fromEntries(
    ['CFLAGS', 'CPPFLAGS', 'CXXFLAGS', 'FFLAGS', 'LDFLAGS'].map((each) => [`CGO_${each}`, compilerFlags]),
  ),
};

/** Words of a list that go refuses, where a word can be judged on its own. */
const badWords: Readonly<Record<string, (word: string) => boolean>> = {
  GOPATH: (entry) => !entry.startsWith('/'),
};

/** Returns the variables with a value that go refuses, restricted to these kinds of origin. */
function refused(
  world: World,
  kinds: readonly string[],
): readonly { readonly fact: VariableFact; readonly why: Exclude<Refusal, undefined> }[] {
  return Object.entries(refusals).flatMap(([name, refusal]) => {
    const fact = world.env?.variables.get(name);
    if (fact === undefined || fact.value === '' || !kinds.includes(fact.origin.kind)) return [];
    const why = refusal(settingOf(fact), world, fact.origin.kind);
    return why === undefined ? [] : [{ fact, why }];
  });
}

function conflictOf(fact: VariableFact, why: Exclude<Refusal, undefined>) {
  return {
    key: `env.${fact.name}`,
    actual: settingOf(fact),
    origin: fact.origin,
    ...(typeof why === 'string' ? {} : { level: 'minor' as const }),
  };
}

const words = (why: Exclude<Refusal, undefined>) => (typeof why === 'string' ? why : why.minor);

/** Reports whether go splits the variable at white space, which includes a carriage return. */
const isSplit = (name: string) => /^(?:GOFLAGS|CC|CXX|FC|PKG_CONFIG|CGO_\w+FLAGS)$/.test(name);

/**
 * Reports values from a file with Windows line endings: go takes the carriage return as part of each value.
 */
function carriageReturns(world: World, kind: 'goenv' | 'goroot'): readonly Conflict[] {
  const told = new Set(refused(world, [kind]).map(({ fact }) => fact.name));
  const harmed = [...(world.env?.variables.values() ?? [])].filter(
    (fact) =>
      fact.origin.kind === kind &&
      settingOf(fact).endsWith('\r') &&
      !told.has(fact.name) &&
      !isSplit(fact.name),
  );
  const { path } = harmed[0]?.origin ?? {};
  if (path === undefined) return [];
  const names = harmed.map(({ name }) => name).sort();
  return [
    {
      key: 'env.GOENV',
      level: 'minor',
      origin: { kind, path },
      summary: `lines of ${path} end in a carriage return, which go takes for the end of the value of ${names.join(', ')}: a directory of that name is made, and no pattern or word of it fits`,
      repair: `sed -i 's/\\r$//' ${shellWord(path)}`,
    },
  ];
}

/** Reports lines of GOENV that make every go command fail, or every build. */
export const goenvInvalid: Rule = (world) => [...refusedLines(world), ...carriageReturns(world, 'goenv')];

const refusedLines: Rule = (world) =>
  refused(world, ['goenv']).map(({ fact, why }) => {
    const { repair, fix } = takeAway(world, fact.name, badWords[fact.name]);
    return {
      ...conflictOf(fact, why),
      summary: `a line of the GOENV file stops go: ${words(why)}`,
      repair: `${repair} (go env -u may fail as well)`,
      ...(fix === undefined ? {} : { fix }),
    };
  });

/**
 * Reports such values in the process environment or in the toolchain's own go.env, and a build cache without
 * any location.
 */
export const envInvalid: Rule = (world) => [
  ...refused(world, ['process', 'goroot']).map(({ fact, why }) => ({
    ...conflictOf(fact, why),
    summary: `${fact.name}=${settingOf(fact)} stops ${(typeof why === 'string' ? undefined : why.stops) ?? 'go'}: ${words(why)}`,
    ...takeAway(world, fact.name, badWords[fact.name]),
  })),
  ...carriageReturns(world, 'goroot'),
  ...withoutBuildCache(world),
  ...withoutModuleCache(world),
  ...withoutDatabase(world),
  ...limitless(world),
  ...fipsModeless(world),
];

/** Reports an invalid GOMEMLIMIT: every program built by Go 1.19 or newer fails at startup. */
function limitless(world: World): readonly Conflict[] {
  const actual = world.env?.badMemoryLimit;
  if (actual === undefined) return [];
  return [
    {
      key: 'env.GOMEMLIMIT',
      actual,
      origin: { kind: 'process' },
      summary: `GOMEMLIMIT=${actual} stops go: every command, and every program made by Go, dies with "malformed GOMEMLIMIT", as it is no size such as 512MiB or 4GiB`,
      repair: 'unset GOMEMLIMIT',
      fix: { action: 'unset', name: 'GOMEMLIMIT' },
    },
  ];
}

/** Reports a CGO_ENABLED other than 0 and 1 (cfg.go, defaultContext): go silently uses the default. */
export const envIgnored: Rule = (world) => {
  const fact = world.env?.variables.get('CGO_ENABLED');
  const set = fact?.shadows[0];
  if (fact?.origin.kind !== 'default' || set === undefined || set.value === '') return [];
  return [
    {
      key: 'env.CGO_ENABLED',
      expected: fact.value,
      actual: set.value,
      origin: set.origin,
      summary: `CGO_ENABLED=${set.value} is neither 0 nor 1: go silently uses its default ${fact.value}`,
      repair: `set CGO_ENABLED to 0 or 1, or unset it`,
    },
  ];
};

/** Reports a program that replaces the go command wherever packages are loaded, only because of its name. */
export const packagesDriver: Rule = (world) => {
  const driver = world.env?.packagesDriver;
  if (driver === undefined) return [];
  return [
    {
      key: 'env.GOPACKAGESDRIVER',
      actual: driver,
      summary: `${driver} answers gopls, golangci-lint and whatever else loads packages, in the place of go list; go build does not ask it`,
      repair: `export GOPACKAGESDRIVER=off, or take ${driver} off PATH; nothing, if that is meant`,
    },
  ];
};
