/** Conflicts of the build environment (contract §3: goexperiment-invalid, modules-off, sumdb-disabled …). */
import { unknownExperiments } from '../../go/experiments.ts';
import { matchesPatterns } from '../../go/module-path.ts';
import { shellWord } from '../shell-word.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveValue, effectiveVersion, originOf, takeAway, unset } from './rule.ts';

const list = (value: string) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

/** Reports experiments that this toolchain's goexperiment package does not know. */
export const goexperimentInvalid: Rule = (world) => {
  const known = world.toolchain?.knowledge.experiments;
  const all = known === undefined ? [] : unknownExperiments(effectiveValue(world, 'GOEXPERIMENT'), known);
  const [unknown] = all;
  if (unknown === undefined) return [];
  return [
    {
      key: 'env.GOEXPERIMENT',
      actual: effectiveValue(world, 'GOEXPERIMENT'),
      ...originOf(world, 'GOEXPERIMENT'),
      // go strips `no` before it looks up the name (ParseGOEXPERIMENT of internal/buildcfg), and its message
      // has the rest.
      summary: `go ${effectiveVersion(world)} fails with "unknown GOEXPERIMENT ${unknown.replace(/^no/, '')}" on every command`,
      ...takeAway(world, 'GOEXPERIMENT', (word) => all.includes(word)),
    },
  ];
};

/**
 * Reports that module mode is off inside a module, or that go ignores a go.mod because of its location
 * (modload.Init).
 */
export const modulesOff: Rule = (world) => {
  const { passedOver } = world.env ?? {};
  if (passedOver !== undefined)
    return [
      {
        key: 'env.TMPDIR',
        actual: passedOver.directory,
        origin: { kind: 'file', path: passedOver.gomod },
        summary: `go ignores ${passedOver.gomod}, because it lies directly in the temporary directory: it warns of "ignoring go.mod in system temp root ${passedOver.directory}", and go build ./... fails`,
        repair: `move the module into a directory of its own, or set TMPDIR to another one than ${passedOver.directory}`,
      },
    ];
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

/**
 * Returns the tree that GOPATH must not overlap. A GOROOT that was set but is not a Go tree has a rule of its
 * own.
 */
function gorootOf(world: World): string {
  const local = world.toolchain?.local;
  if (local === undefined) return effectiveValue(world, 'GOROOT');
  return local.gorootParts.pkgTool ? local.goroot : local.ownGoroot;
}

/** Reports a GOPATH that is GOROOT, lies inside it, or is relative. */
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
      // A tree unpacked into ~/go is at the default location of GOPATH.
      ...(chosen
        ? takeAway(world, 'GOPATH', (entry) => entry === bad)
        : { repair: `move the tree ${goroot} elsewhere, or set GOPATH to another directory` }),
    },
  ];
};

// Hosts whose modules the public checksum database covers. A pattern for a whole host disables verification
// for all of its modules.
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

/** Reports whether a pattern covers a whole public host, tested with two unlike module paths. */
const coversHost = (pattern: string) =>
  publicHosts.some((host) =>
    [`${host}/a0/a0`, `${host}/zy.9/q`].every((module) => matchesPatterns(pattern, module)),
  );

/** Reports that checksum verification is off altogether, or for a whole public host. */
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

/** Reports a temporary directory that is mounted noexec: go builds tests there and starts them from there. */
export const gotmpdirNoexec: Rule = (world) => {
  const { noexec, temporary } = world.env ?? {};
  if (noexec === undefined || temporary?.usable === false) return [];
  const { name, path } = noexec;
  return [
    {
      key: `env.${name || 'GOTMPDIR'}`,
      actual: path,
      ...(name === 'TMPDIR' ? { origin: { kind: 'process' as const } } : originOf(world, 'GOTMPDIR')),
      summary: `${name === '' ? path : `${name}=${path}`} is mounted noexec: go test and go run fail with "fork/exec …: permission denied", go build works`,
      repair: `name a directory from which programs may be started, such as: ${world.env?.goenv.state === 'off' ? 'export' : 'go env -w'} GOTMPDIR=/var/tmp`,
    },
  ];
};

/** Reports an unusable temporary directory: GOTMPDIR, else TMPDIR. */
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
