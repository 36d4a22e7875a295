/** Conflicts of the build environment (contract §3: goenv-*, goflags-*, sumdb-disabled …). */
import { variable } from '../../catalog/variables.ts';
import { archLevelName } from '../../go/defaults.ts';
import { diesOfRemoved, fatalGodebugs, removedFor } from '../../go/godebug-removed.ts';
import { isArchLevelValid, removedGodebugs, unknownExperiments } from '../../go/goroot-source.ts';
import { matchesPatterns } from '../../go/module-path.ts';
import { removal } from '../goenv-lines.ts';
import type { EnvFacts } from '../model.ts';
import { shellWord } from '../shell-word.ts';
import { sanitizerOf } from './goflags.ts';
import type { Conflict, Rule, World } from './rule.ts';
import {
  effectiveValue,
  effectiveVersion,
  originOf,
  startedVersion,
  takeAway,
  unset,
  unsetFix,
} from './rule.ts';

const list = (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** Go reads what it can and says nothing of what it cannot (initEnvCache in cmd/go/internal/cfg/cfg.go). */
function goenvUnreadable(world: World, { path, problem }: EnvFacts['goenv']): Conflict {
  return {
    key: 'env.GOENV',
    ...originOf(world, 'GOENV'),
    summary: `${path} cannot be read (${problem ?? 'unknown why'}): go goes on without a word, and without its settings`,
    ...(originOf(world, 'GOENV').origin === undefined
      ? { repair: `make ${path} a file that the user may read` }
      : takeAway(world, 'GOENV')),
  };
}

/** Lines of GOENV without effect. */
export const goenvIgnored: Rule = (world) => {
  const env = world.env;
  if (env?.goenv.state === 'unreadable') return [goenvUnreadable(world, env.goenv)];
  if (env?.goenv.state !== 'read') return [];
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
        fix: removal(env, entry.name, env.goenv.path, entry.line),
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
        fix: { action: 'unset', name: entry.name },
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
      ...takeAway(world, 'GOEXPERIMENT'),
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
      ...takeAway(world, name),
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
        ...takeAway(world, name),
      },
    ];
  });
};

/** The removed settings that stop the go of this version, or each program that it builds; before 1.27 they are passed over. */
function fatalFor(world: World, value: string, version: string): readonly { readonly name: string }[] {
  if (!diesOfRemoved(version)) return [];
  const own = version === effectiveVersion(world) ? world.toolchain?.knowledge.godebugs : undefined;
  return own === undefined ? fatalGodebugs(value, version) : removedGodebugs(value, own);
}

/** What a GODEBUG value does to the go that is started first, to the one that builds, and to what it builds. */
function godebugWords(world: World, value: string): Pick<Conflict, 'summary' | 'level'> | undefined {
  const started = startedVersion(world);
  const effective = effectiveVersion(world);
  for (const version of new Set([started, effective])) {
    const fatal = fatalFor(world, value, version);
    if (fatal.length === 0) continue;
    const names = fatal.map(({ name }) => name).join(', ');
    const which =
      version === started
        ? `every go command, go version too,`
        : `every go command here, which switches to go${version},`;
    return {
      level: 'major',
      summary: `GODEBUG asks for ${names}, which go${version} has removed: ${which} and every program that it builds stop with "removed GODEBUG"`,
    };
  }
  const table = world.toolchain?.knowledge.godebugs;
  const own = table === undefined ? [] : removedGodebugs(value, table);
  const ignored = own.length === 0 ? removedFor(value, effective) : own;
  if (ignored.length === 0) return undefined;
  const names = ignored.map((one) => `${one.name} (removed in go1.${one.removed})`).join(', ');
  return {
    summary: `GODEBUG asks for ${names}: go${effective} and what it builds pass over it without a word, and from go1.27 on they stop at their start`,
  };
}

/** Settings that this toolchain, or the Go that built a tool, removed (internal/godebugs). */
export const godebugRemoved: Rule = (world) => {
  const value = effectiveValue(world, 'GODEBUG');
  const conflict = (said: Pick<Conflict, 'summary' | 'level'>): Conflict => ({
    key: 'env.GODEBUG',
    actual: value,
    ...originOf(world, 'GODEBUG'),
    ...said,
    ...takeAway(world, 'GODEBUG'),
  });
  const said = godebugWords(world, value);
  if (said !== undefined) return [conflict(said)];
  const dying = (world.tools?.tools ?? []).flatMap((tool) => {
    const [first] = fatalGodebugs(value, tool.goVersion ?? '');
    return first === undefined ? [] : [{ tool, setting: first.name }];
  });
  const [first] = dying;
  if (first === undefined) return [];
  const names = dying.map(({ tool }) => `${tool.name} (go${tool.goVersion})`).join(', ');
  return [
    conflict({
      summary: `GODEBUG asks for ${first.setting}, which the Go that built ${names} has removed: it stops at its start with "removed GODEBUG"`,
    }),
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
      ...takeAway(world, 'GO111MODULE'),
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
      ...(chosen
        ? takeAway(world, 'GOPATH')
        : { repair: `move the tree ${goroot} elsewhere, or set GOPATH to another directory` }),
    },
  ];
};

// Hosts whose modules the public checksum database covers; a pattern for the whole host switches it off for all of them.
const publicHosts = [
  'github.com',
  'gitlab.com',
  'bitbucket.org',
  'golang.org',
  'google.golang.org',
  'gopkg.in',
  'go.uber.org',
  'k8s.io',
];

/** Whether a pattern covers all of a public host: whatever two unlike modules there are called. */
const coversHost = (pattern: string) =>
  publicHosts.some((host) =>
    [`${host}/a0/a0`, `${host}/zy.9/q`].every((module) => matchesPatterns(pattern, module)),
  );

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
      ...takeAway(world, 'GOSUMDB'),
    });
  }
  for (const name of ['GONOSUMDB', 'GOPRIVATE'] as const) {
    // GONOSUMDB defaults to GOPRIVATE: one cause, one finding.
    if (world.env?.variables.get(name)?.origin.kind === 'default') continue;
    const wide = list(effectiveValue(world, name)).find(coversHost);
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

/** The directory for temporary files, GOTMPDIR or else TMPDIR, cannot be used. */
export const gotmpdirMissing: Rule = (world) => {
  const { temporary } = world.env ?? {};
  if (temporary === undefined || temporary.usable) return [];
  const { name, path, exists } = temporary;
  const origin = name === 'TMPDIR' ? { origin: { kind: 'process' as const } } : originOf(world, name);
  const back = name === 'TMPDIR' ? 'unset TMPDIR' : unset(world, name);
  return [
    {
      key: `env.${name}`,
      actual: path,
      ...origin,
      summary: `${name}=${path} is no writable directory: go build fails with "creating work dir"`,
      repair: exists ? back : `mkdir -p ${shellWord(path)}, or ${back}`,
      ...(exists ? {} : { fix: { action: 'run' as const, argv: ['mkdir', '-p', '--', path] } }),
    },
  ];
};

/** What the C compiler of the host builds for, by its own default or by -m32 (cmd/go adds it: gccArchArgs in work/exec.go). */
function isHostPair(world: World): boolean {
  const [os, arch] = [effectiveValue(world, 'GOOS'), effectiveValue(world, 'GOARCH')];
  const [hostOs, hostArch] = [effectiveValue(world, 'GOHOSTOS'), effectiveValue(world, 'GOHOSTARCH')];
  return os === hostOs && (arch === hostArch || (arch === '386' && hostArch === 'amd64'));
}

/** cgo on, and no compiler, or the host's own one for another platform. */
export const cgoNoCompiler: Rule = (world) => {
  if (effectiveValue(world, 'CGO_ENABLED') !== '1') return [];
  const compiler = effectiveValue(world, 'CC');
  const chosen = originOf(world, 'CC').origin !== undefined;
  const conflict = { key: 'env.CC', actual: compiler, ...originOf(world, 'CC') };
  const culprit = chosen ? 'CC' : 'CGO_ENABLED';
  const back = unset(world, culprit);
  if (world.env?.compilerFound === false) {
    const sanitizer = sanitizerOf(world);
    const failing =
      sanitizer === undefined ? 'packages with cgo fail' : `with -${sanitizer} every program fails`;
    return [
      {
        ...conflict,
        ...(sanitizer === undefined ? {} : { level: 'major' as const }),
        summary: `CGO_ENABLED=1 and the C compiler ${compiler} is not found: ${failing} to build`,
        repair: `install ${compiler}, or ${back}`,
        ...unsetFix(world, culprit),
      },
    ];
  }
  const { GOOS, GOARCH } = { GOOS: effectiveValue(world, 'GOOS'), GOARCH: effectiveValue(world, 'GOARCH') };
  // A cross compiler has a name of its own; Apple's clang builds for all of Apple's platforms.
  if (chosen || isHostPair(world) || effectiveValue(world, 'GOHOSTOS') !== 'linux' || GOARCH === 'wasm')
    return [];
  return [
    {
      ...conflict,
      summary: `CGO_ENABLED=1, and the C compiler ${compiler} of this host does not build for ${GOOS}/${GOARCH}: packages with cgo fail to build`,
      repair: `set CC to a compiler for ${GOOS}/${GOARCH}, or ${back}`,
      ...unsetFix(world, culprit),
    },
  ];
};

/** GOBIN together with a platform of another machine: go install has one directory for programs that may not lie there (InstallPackages in cmd/go/internal/work/build.go). */
export const gobinCross: Rule = (world) => {
  // Go 1.27 names a default for GOBIN, which does not count as set.
  if (effectiveValue(world, 'GOBIN') === '' || originOf(world, 'GOBIN').origin === undefined) return [];
  const foreign = (['GOARCH', 'GOOS'] as const).find((name) => {
    const [value, host] = [effectiveValue(world, name), effectiveValue(world, name.replace('GO', 'GOHOST'))];
    return value !== '' && host !== '' && value !== host;
  });
  if (foreign === undefined) return [];
  const pair = `${effectiveValue(world, 'GOOS')}/${effectiveValue(world, 'GOARCH')}`;
  return [
    {
      key: `env.${foreign}`,
      actual: effectiveValue(world, foreign),
      ...originOf(world, foreign),
      summary: `go install fails with "cannot install cross-compiled binaries when GOBIN is set", as builds are for ${pair} and GOBIN is ${effectiveValue(world, 'GOBIN')}`,
      repair: `${unset(world, foreign)} where builds are for this machine, else ${unset(world, 'GOBIN')}`,
      ...unsetFix(world, foreign),
    },
  ];
};
