/** Conflicts of the build environment (contract §3: goenv-*, goflags-*, sumdb-disabled …). */
import { variable } from '../../catalog/variables.ts';
import { archLevelName } from '../../go/defaults.ts';
import { flagValue, parseGoflags } from '../../go/goflags.ts';
import {
  isArchLevelValid,
  removedGodebugs,
  unknownExperiments,
  unknownGoflag,
} from '../../go/goroot-source.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, effectiveVersion, originOf, unset } from './rule.ts';

const list = (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** What go says to a value of GOENV that it cannot work with; measured with go1.21 to go1.27. */
const refusals: Readonly<Record<string, (value: string, world: World) => string | undefined>> = {
  GOPATH: (value) => {
    // Every entry counts; an empty one does not.
    const bad = value.split(':').find((entry) => entry !== '' && !entry.startsWith('/'));
    if (bad === undefined) return undefined;
    if (bad.startsWith('~'))
      return 'every command fails with "GOPATH entry cannot start with shell metacharacter \'~\'"';
    return 'every command fails with "GOPATH entry is relative; must be absolute path"';
  },
  GOMODCACHE: (value) =>
    value.startsWith('/')
      ? undefined
      : 'every command that needs a module fails with "GOMODCACHE entry is relative; must be absolute path"',
  // go env shows `off` for a relative path too.
  GOCACHE: (value) =>
    value.startsWith('/') ? undefined : 'every build fails, as GOCACHE is off or no absolute path',
  GOTOOLCHAIN: (_, world) => {
    const selection = world.toolchain?.selection;
    // A toolchain line of the project may be invalid too: that is not GOENV's.
    if (selection?.outcome !== 'invalid' || typeof selection.cause === 'object') return undefined;
    return `every command fails with "${selection.error ?? selection.reason}"`;
  },
  GOROOT: (value) =>
    value.endsWith('\r') ? 'GOROOT ends in a carriage return, and every command fails' : undefined,
  GO111MODULE: (value) =>
    ['on', 'off', 'auto'].includes(value)
      ? undefined
      : 'every command that loads packages fails with "unknown environment setting GO111MODULE"',
  GOWORK: (value) =>
    ['off', 'auto'].includes(value) || value.startsWith('/')
      ? undefined
      : 'every command that loads packages fails with "invalid GOWORK: not an absolute path"',
};

/** Lines of GOENV that make every go command fail, or every one that builds. */
export const goenvInvalid: Rule = (world) =>
  Object.entries(refusals).flatMap(([name, refusal]): readonly Conflict[] => {
    const fact = world.env?.variables.get(name);
    if (fact?.origin.kind !== 'goenv' || fact.value === '') return [];
    const why = refusal(fact.value, world);
    if (why === undefined) return [];
    return [
      {
        key: `env.${name}`,
        actual: fact.value,
        origin: fact.origin,
        summary: `a line of the GOENV file stops go: ${why}`,
        repair: `${unset(world, name)} (go env -u may fail as well)`,
      },
    ];
  });

/** Lines of GOENV without effect. */
export const goenvIgnored: Rule = (world) => {
  const env = world.env;
  if (env === undefined || env.goenv.state !== 'read') return [];
  const found: Conflict[] = env.goenv.ignored.map(({ line, why }) => ({
    key: 'env.GOENV',
    origin: { kind: 'goenv' as const, path: env.goenv.path, line },
    summary: `line ${line} of ${env.goenv.path} has no effect: ${why}`,
    repair: `correct or remove line ${line}`,
  }));
  for (const entry of env.goenv.lines) {
    const row = variable(entry.name);
    const origin = { kind: 'goenv' as const, path: env.goenv.path, line: entry.line };
    const fact = env.variables.get(entry.name);
    if (row === undefined && !/^CGO_/.test(entry.name)) {
      found.push({
        key: `env.${entry.name}`,
        origin,
        summary: `line ${entry.line} of ${env.goenv.path} sets ${entry.name}, which go does not know`,
        repair: `remove line ${entry.line} of ${env.goenv.path}`,
      });
    } else if (row?.processOnly === true) {
      found.push({
        key: `env.${entry.name}`,
        origin,
        summary: `line ${entry.line} of ${env.goenv.path} sets ${entry.name}, which go reads from the process environment only`,
        repair: `export ${entry.name} in the shell and remove the line`,
      });
    } else if (fact?.origin.kind === 'process' && fact.value !== entry.value) {
      found.push({
        key: `env.${entry.name}`,
        origin,
        expected: entry.value,
        actual: fact.value,
        summary: `line ${entry.line} of ${env.goenv.path} sets ${entry.name}, but the process environment wins`,
        repair: `unset ${entry.name}, or remove the line`,
      });
    }
  }
  return found;
};

/** Names that this toolchain's goexperiment package does not know. */
export const goexperimentInvalid: Rule = (world) => {
  const known = world.toolchain?.knowledge.experiments;
  const [unknown] =
    known === undefined ? [] : unknownExperiments(effectiveValue(world, 'GOEXPERIMENT'), known);
  if (unknown === undefined) return [];
  return [
    {
      key: 'env.GOEXPERIMENT',
      actual: effectiveValue(world, 'GOEXPERIMENT'),
      ...originOf(world, 'GOEXPERIMENT'),
      summary: `go ${effectiveVersion(world)} fails with "unknown GOEXPERIMENT ${unknown}" on every command`,
      repair: unset(world, 'GOEXPERIMENT'),
    },
  ];
};

/** A pair that the toolchain's platform list lacks. */
export const goosGoarchUnsupported: Rule = (world) => {
  const platforms = world.toolchain?.knowledge.platforms;
  const pair = `${effectiveValue(world, 'GOOS')}/${effectiveValue(world, 'GOARCH')}`;
  if (platforms === undefined || pair === '/' || platforms.has(pair)) return [];
  const name = originOf(world, 'GOOS').origin === undefined ? 'GOARCH' : 'GOOS';
  return [
    {
      key: `env.${name}`,
      actual: pair,
      ...originOf(world, name),
      summary: `go ${effectiveVersion(world)} does not build for ${pair}`,
      repair: unset(world, name),
    },
  ];
};

/**
 * A feature level that the toolchain does not know. Measured with go1.21 to go1.27: a bad value in the process environment
 * stops every go command, also when it is another architecture's (internal/buildcfg reads them all at its start); one in GOENV stops
 * the compiler when the architecture is built; GO386 is the compiler's alone; GOAMD64 and GOARM are taken silently since 1.23.
 */
export const goarchLevelInvalid: Rule = (world) => {
  const built = archLevelName(effectiveValue(world, 'GOARCH'));
  return [...(world.toolchain?.knowledge.levels ?? [])].flatMap(([name, level]): readonly Conflict[] => {
    const value = effectiveValue(world, name);
    if (value === '' || isArchLevelValid(value, level)) return [];
    const everywhere = level.refused && originOf(world, name).origin?.kind === 'process';
    if (name !== built && !everywhere) return [];
    const refused = level.refused || name === 'GO386';
    const words = name === 'GO386' ? 'unsupported setting GO386' : `invalid ${name}`;
    return [
      {
        key: `env.${name}`,
        actual: value,
        level: refused ? 'major' : 'minor',
        ...originOf(world, name),
        summary: refused
          ? `go ${effectiveVersion(world)} fails with "${words}" on every ${everywhere ? 'command' : 'build'}`
          : `go ${effectiveVersion(world)} takes ${name}=${value} without a word, although it knows no such level`,
        repair: unset(world, name),
      },
    ];
  });
};

/** Settings that this toolchain removed (internal/godebugs). */
export const godebugRemoved: Rule = (world) => {
  const godebugs = world.toolchain?.knowledge.godebugs;
  const gone = godebugs === undefined ? [] : removedGodebugs(effectiveValue(world, 'GODEBUG'), godebugs);
  if (gone.length === 0) return [];
  return [
    {
      key: 'env.GODEBUG',
      actual: effectiveValue(world, 'GODEBUG'),
      ...originOf(world, 'GODEBUG'),
      summary: `GODEBUG asks for ${gone.map((one) => `${one.name} (removed in go1.${one.removed})`).join(', ')}: go itself and every program that it builds stop with "removed GODEBUG"`,
      repair: unset(world, 'GODEBUG'),
    },
  ];
};

// strconv.ParseBool takes these words.
const truth = /^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/;
const boolean = (value: string) => truth.test(value);
/** Values of common flags that every command which has the flag refuses (cmd/go/internal/work/build.go, modload/init.go). */
const flagValues: Readonly<Record<string, (value: string) => boolean>> = {
  mod: (value) => ['', 'mod', 'readonly', 'vendor'].includes(value),
  p: (value) => /^[+-]?[0-9]/.test(value),
  ...Object.fromEntries(
    ['a', 'n', 'x', 'race', 'msan', 'asan', 'trimpath', 'modcacherw', 'linkshared'].map((name) => [
      name,
      boolean,
    ]),
  ),
};

/** What go says to GOFLAGS when it rejects it, as the end of a sentence. */
function goflagsRefusal(world: World, value: string): string | undefined {
  const { flags, problem } = parseGoflags(value);
  // What is no flag may hold a secret, so the value may be redacted as a whole: go's exact words are not known here.
  if (problem !== undefined)
    return '"parsing $GOFLAGS", as a word in it is no flag or a quote has no end, on every command but go env';
  const known = world.toolchain?.knowledge.flags;
  const unknown = known === undefined ? undefined : unknownGoflag(flags, known);
  if (unknown !== undefined)
    return `"parsing $GOFLAGS: unknown flag -${unknown.name}" on every command but go env`;
  // -C exists, but as the first argument only: from GOFLAGS it is refused with any value (cmd/go/internal/base/flag.go).
  if (flags.some((flag) => flag.name === 'C'))
    return '"-C flag must be first flag on command line" on every command that has the flag';
  const wrong = flags.find(
    (flag) => flag.value !== undefined && flagValues[flag.name]?.(flag.value) === false,
  );
  if (wrong !== undefined)
    return `"-${wrong.name}" on every command that has the flag: ${wrong.value} is no value of it`;
  if (world.toolchain?.project?.kind === 'go.work' && flagValue(flags, 'mod') === 'mod')
    return '"-mod may only be set to readonly", as a go.work takes effect, on every command that loads packages';
  return undefined;
}

/** GOFLAGS with a flag that no go command has, or with a value that none takes. */
export const goflagsUnknown: Rule = (world) => {
  const value = effectiveValue(world, 'GOFLAGS');
  const refusal = value === '' ? undefined : goflagsRefusal(world, value);
  if (refusal === undefined) return [];
  return [
    {
      key: 'env.GOFLAGS',
      actual: value,
      ...originOf(world, 'GOFLAGS'),
      summary: `go fails with ${refusal}`,
      repair: unset(world, 'GOFLAGS'),
    },
  ];
};

/** `-mod=mod` for every command. */
export const goflagsRewritesGomod: Rule = (world) => {
  const value = effectiveValue(world, 'GOFLAGS');
  if (value === '' || flagValue(parseGoflags(value).flags, 'mod') !== 'mod') return [];
  return [
    {
      key: 'env.GOFLAGS',
      actual: value,
      ...originOf(world, 'GOFLAGS'),
      summary: 'GOFLAGS holds -mod=mod: go list, go build and go vet may rewrite go.mod and go.sum',
      repair: unset(world, 'GOFLAGS'),
    },
  ];
};

/** Module mode switched off where there is a module. */
export const modulesOff: Rule = (world) => {
  if (effectiveValue(world, 'GO111MODULE') !== 'off' || world.toolchain?.hasModule !== true) return [];
  return [
    {
      key: 'env.GO111MODULE',
      actual: 'off',
      ...originOf(world, 'GO111MODULE'),
      summary: 'GO111MODULE=off inside a module: go ignores go.mod and looks for every import below GOPATH',
      repair: unset(world, 'GO111MODULE'),
    },
  ];
};

/** The tree that GOPATH must stay out of: one that was set and is none has its own rule. */
function gorootOf(world: World): string {
  const local = world.toolchain?.local;
  if (local === undefined) return effectiveValue(world, 'GOROOT');
  return local.gorootParts.pkgTool ? local.goroot : local.ownGoroot;
}

/** GOPATH inside GOROOT, equal to it, or relative. */
export const gopathIsGoroot: Rule = (world) => {
  const goroot = gorootOf(world);
  const bad = effectiveValue(world, 'GOPATH')
    .split(':')
    .find(
      (entry) =>
        entry !== '' &&
        (!entry.startsWith('/') || (goroot !== '' && (entry === goroot || entry.startsWith(`${goroot}/`)))),
    );
  if (bad === undefined) return [];
  const chosen = originOf(world, 'GOPATH').origin !== undefined;
  return [
    {
      key: 'env.GOPATH',
      actual: effectiveValue(world, 'GOPATH'),
      ...originOf(world, 'GOPATH'),
      summary: bad.startsWith('/')
        ? `GOPATH ${bad} lies in GOROOT ${goroot}: go warns and mixes downloaded modules with the toolchain`
        : `GOPATH entry ${bad} is relative: go refuses to run`,
      // A tree unpacked into ~/go is where GOPATH is by default.
      repair: chosen
        ? unset(world, 'GOPATH')
        : `move the tree ${goroot} elsewhere, or set GOPATH to another directory`,
    },
  ];
};

// Hosts whose modules the public checksum database covers; a pattern for the whole host switches it off for all of them.
const publicHosts =
  /^(github\.com|gitlab\.com|bitbucket\.org|golang\.org|google\.golang\.org|gopkg\.in|go\.uber\.org|k8s\.io)(\/\*{1,2})?$/;

/** Verification off altogether, or for a whole public host. */
export const sumdbDisabled: Rule = (world) => {
  const found: Conflict[] = [];
  const sumdb = effectiveValue(world, 'GOSUMDB');
  if (sumdb === 'off') {
    found.push({
      key: 'env.GOSUMDB',
      actual: 'off',
      ...originOf(world, 'GOSUMDB'),
      summary: 'GOSUMDB=off: go accepts any content for a module that go.sum does not list yet',
      repair: unset(world, 'GOSUMDB'),
    });
  }
  for (const name of ['GONOSUMDB', 'GOPRIVATE'] as const) {
    // GONOSUMDB defaults to GOPRIVATE: one cause, one finding.
    if (world.env?.variables.get(name)?.origin.kind === 'default') continue;
    const wide = list(effectiveValue(world, name)).find(
      (pattern) => pattern === '*' || pattern === '**' || publicHosts.test(pattern),
    );
    if (wide === undefined) continue;
    found.push({
      key: `env.${name}`,
      actual: effectiveValue(world, name),
      ...originOf(world, name),
      summary: `${name} holds ${wide}: go verifies no module of it against the checksum database`,
      repair: `narrow ${name} to your own paths`,
    });
  }
  return found;
};

/** GOTMPDIR that cannot be used. */
export const gotmpdirMissing: Rule = (world) => {
  if (world.env?.gotmpdirUsable !== false) return [];
  return [
    {
      key: 'env.GOTMPDIR',
      actual: effectiveValue(world, 'GOTMPDIR'),
      ...originOf(world, 'GOTMPDIR'),
      summary: `GOTMPDIR=${effectiveValue(world, 'GOTMPDIR')} is no writable directory: go build fails with "creating work dir"`,
      repair: `mkdir -p ${effectiveValue(world, 'GOTMPDIR')}, or ${unset(world, 'GOTMPDIR')}`,
    },
  ];
};

/** cgo on and no compiler. */
export const cgoNoCompiler: Rule = (world) => {
  if (effectiveValue(world, 'CGO_ENABLED') !== '1' || world.env?.compilerFound !== false) return [];
  return [
    {
      key: 'env.CC',
      actual: effectiveValue(world, 'CC'),
      ...originOf(world, 'CC'),
      summary: `CGO_ENABLED=1 and the C compiler ${effectiveValue(world, 'CC')} is not found: packages with cgo fail to build`,
      repair: `install ${effectiveValue(world, 'CC')}, or ${unset(world, originOf(world, 'CC').origin === undefined ? 'CGO_ENABLED' : 'CC')}`,
    },
  ];
};
