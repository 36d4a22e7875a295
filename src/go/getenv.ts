/**
 * Resolves every variable of Go's environment to its value, its origin and the lower-priority values that it
 * hides, as cfg.Getenv and its callers do (src/cmd/go/internal/cfg/cfg.go, envcmd/env.go). The order is:
 * process environment, GOENV file, `$GOROOT/go.env`, default. An empty process variable counts as unset. An
 * empty line in GOENV does count: it hides the line of go.env.
 */
import {
  cleanPath,
  type DefaultFacts,
  defaultOf,
  type GoFacts,
  goMinor,
  knowsToolchains,
  userConfigDir,
} from './defaults.ts';
import type { GoenvFile } from './goenv.ts';
import { splitQuoted } from './goflags.ts';
import { normalizeCommand } from './goroot-source.ts';

/** Where a value comes from. `file` means that a go.mod or go.work was found; `line` counts from 1. */
export interface VariableOrigin {
  readonly kind: 'process' | 'goenv' | 'goroot' | 'file' | 'default';
  readonly path?: string;
  readonly line?: number;
  /** The variable that a default is derived from, such as GOPATH for GOMODCACHE. */
  readonly from?: string;
}

/** A resolved variable. */
export interface ResolvedVariable {
  readonly name: string;
  /** The effective value, as `go env` prints it. */
  readonly value: string;
  /**
   * The value as written, where go turns it into another one: `rel` for a GOCACHE=rel, which go treats as
   * `off`.
   */
  readonly written?: string;
  readonly origin: VariableOrigin;
  /** The values as written in lower-priority layers, highest priority first. */
  readonly shadows: readonly { readonly origin: VariableOrigin; readonly value: string }[];
  /**
   * The default on a complete host (with a C compiler, for example); undefined for a variable that this Go
   * does not read.
   */
  readonly default?: string;
}

/** A parsed file in GOENV format and its path. */
export interface SettingsFile {
  readonly path: string;
  readonly file: GoenvFile;
}

/** The inputs of {@link resolveVariables}. */
export interface ResolveInput {
  /** The process environment; empty for the environment source `none`. */
  readonly process: ReadonlyMap<string, string>;
  /** Absent if GOENV is `off` or the file cannot be read: Go goes on without it. */
  readonly goenv?: SettingsFile | undefined;
  /** The file that {@link gorootEnvPath} names. */
  readonly gorootEnv?: SettingsFile | undefined;
  readonly facts: GoFacts;
  /** Default: {@link goVariableNames}. */
  readonly names?: readonly string[];
}

/** Variables that Go reads from the process environment alone; a line in GOENV has no effect. */
const processOnly: ReadonlySet<string> = new Set([
  'GODEBUG',
  'GOENV',
  'GOPACKAGESDRIVER',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'NETRC',
]);

/** Variables that the go command computes itself; no setting has an effect. */
const identities: ReadonlySet<string> = new Set([
  'GOEXE',
  'GOHOSTARCH',
  'GOHOSTOS',
  'GOMOD',
  'GOTELEMETRY',
  'GOTELEMETRYDIR',
  'GOTOOLDIR',
  'GOVERSION',
]);

/** The minor version of the first Go that reads a variable, for variables that came with 1.18 or later. */
const sinceMinor: Readonly<Record<string, number>> = {
  GOAMD64: 18,
  GOWORK: 18,
  GOCACHEPROG: 21,
  GOTOOLCHAIN: 21,
  GOARM64: 23,
  GORISCV64: 23,
  GOTELEMETRY: 23,
  GOTELEMETRYDIR: 23,
  GOAUTH: 24,
  GOFIPS140: 24,
};

const cgoFlags = ['CFLAGS', 'CPPFLAGS', 'CXXFLAGS', 'FFLAGS', 'LDFLAGS'];

/**
 * All variables that {@link resolveVariables} can resolve, sorted. GOGCCFLAGS is not among them, since go
 * asks the C compiler for it.
 */
export const goVariableNames: readonly string[] = [
  ...[
    'AR',
    'CC',
    'CXX',
    'FC',
    'GCCGO',
    'PKG_CONFIG',
    'CGO_ENABLED',
    'GO_EXTLINK_ENABLED',
    'GOROOT',
    'GOWORK',
  ],
  ...cgoFlags.flatMap((each) => [`CGO_${each}`, `CGO_${each}_ALLOW`, `CGO_${each}_DISALLOW`]),
  ...[
    'GO111MODULE',
    'GO386',
    'GOAMD64',
    'GOARCH',
    'GOARM',
    'GOARM64',
    'GOAUTH',
    'GOBIN',
    'GOCACHE',
    'GOCACHEPROG',
  ],
  ...[
    'GOEXPERIMENT',
    'GOFIPS140',
    'GOFLAGS',
    'GOINSECURE',
    'GOMIPS',
    'GOMIPS64',
    'GOMODCACHE',
    'GONOPROXY',
    'GONOSUMDB',
  ],
  ...[
    'GOOS',
    'GOPATH',
    'GOPPC64',
    'GOPRIVATE',
    'GOPROXY',
    'GORISCV64',
    'GOSUMDB',
    'GOTMPDIR',
    'GOTOOLCHAIN',
    'GOVCS',
    'GOWASM',
  ],
  ...identities,
  ...processOnly,
].sort();

/**
 * Returns the path of the GOENV file (cfg.EnvFile), which may be relative; undefined if GOENV is `off` or has
 * no location.
 */
export function goenvPath(process: ReadonlyMap<string, string>, facts: GoFacts): string | undefined {
  const own = process.get('GOENV') ?? '';
  if (own !== '') return own === 'off' ? undefined : own;
  const dir = userConfigDir(facts);
  return dir === undefined ? undefined : `${cleanPath(dir)}/go/env`;
}

/**
 * Returns the path of `$GOROOT/go.env`; undefined for a Go before 1.21, which reads none. If both the process
 * environment and GOENV set GOROOT, the process environment decides GOROOT itself, but go reads go.env from
 * the tree that GOENV names (initEnvCache in cfg.go).
 */
export function gorootEnvPath(
  process: ReadonlyMap<string, string>,
  goenv: GoenvFile | undefined,
  facts: GoFacts,
): string | undefined {
  if (!knowsToolchains(facts.version)) return undefined;
  const root = goenv?.effective.get('GOROOT')?.value || process.get('GOROOT') || facts.goroot;
  return root === '' ? undefined : `${cleanPath(root)}/go.env`;
}

/**
 * Resolves variables. Never fails: every input gives a result, even where the real go would refuse to
 * continue.
 */
export function resolveVariables(input: ResolveInput): Map<string, ResolvedVariable> {
  const done = new Map<string, ResolvedVariable>();
  const resolve = (name: string): ResolvedVariable => {
    const known = done.get(name);
    if (known) return known;
    const variable = resolveOne(name, input, facts);
    done.set(name, variable);
    return variable;
  };
  // Defaults depend on other variables; the dependencies have no cycle (GOMODCACHE → GOPATH, CGO_ENABLED →
  // GOOS …).
  const facts: DefaultFacts = {
    ...input.facts,
    effective: (name) => resolve(name).value,
    process: (name) => input.process.get(name) ?? '',
  };
  return new Map((input.names ?? goVariableNames).map((name) => [name, resolve(name)]));
}

interface Layered {
  readonly origin: VariableOrigin;
  readonly value: string;
}

function resolveOne(name: string, input: ResolveInput, facts: DefaultFacts): ResolvedVariable {
  const minor = goMinor(facts.version);
  if (minor !== 0 && minor < (sinceMinor[name] ?? 0))
    return { name, value: '', origin: { kind: 'default' }, shadows: [] };
  const fallback = defaultOf(name, facts);
  const base = fallback === undefined ? {} : { default: fallback.usual ?? fallback.value };
  const layers = layersOf(name, input);
  const counts = layers[0];
  const set = counts && counts.value !== '' ? effectiveOf(name, counts.value, facts) : undefined;
  if (counts && set !== undefined) {
    const written = set === counts.value ? {} : { written: counts.value };
    return { name, value: set, ...written, origin: counts.origin, shadows: layers.slice(1), ...base };
  }
  const origin = defaultOrigin(name, fallback?.from, facts);
  // A blank line in GOENV that hides a line of go.env is the reason for the default.
  const blank = counts?.value === '' && layers.length > 1 && !fallback?.value;
  return {
    name,
    value: fallback?.value ?? '',
    origin: blank ? counts.origin : origin,
    shadows: blank ? layers.slice(1) : layers,
    ...base,
  };
}

/**
 * Returns the values of a variable by layer, the effective one first. Empty process values are left out: they
 * count as unset.
 */
function layersOf(name: string, { process, goenv, gorootEnv }: ResolveInput): Layered[] {
  if (identities.has(name)) return [];
  const layers: Layered[] = [];
  const own = process.get(name) ?? '';
  if (own !== '') layers.push({ origin: { kind: 'process' }, value: own });
  if (processOnly.has(name)) return layers;
  const user = goenv?.file.effective.get(name);
  // A blank GOROOT line counts as unset, so the search continues.
  if (goenv && user && !(name === 'GOROOT' && user.value === '')) {
    layers.push({ origin: { kind: 'goenv', path: goenv.path, line: user.line }, value: user.value });
  }
  const shipped = name === 'GOROOT' ? undefined : gorootEnv?.file.first.get(name);
  if (gorootEnv && shipped) {
    layers.push({
      origin: { kind: 'goroot', path: gorootEnv.path, line: shipped.line },
      value: shipped.value,
    });
  }
  return layers;
}

/** Returns the value that Go derives from a set value; undefined if Go falls back to the default. */
function effectiveOf(name: string, value: string, facts: DefaultFacts): string | undefined {
  switch (name) {
    case 'GOENV':
      return value === 'off' ? '' : value;
    case 'GOROOT':
      // Go cleans only a value from GOENV; one in the process environment is used as is.
      return facts.process('GOROOT') === '' ? cleanPath(value) : value;
    case 'GOCACHE':
      return value.startsWith('/') ? value : 'off';
    case 'GOWORK':
      return value === 'auto' ? undefined : value;
    case 'CGO_ENABLED':
      return value === '0' || value === '1' ? value : undefined;
    case 'GCCGO':
      return facts.lookPath(value) ?? value;
    case 'PKG_CONFIG':
      return firstField(value);
    default:
      return cgoFlags.some((each) => name === `CGO_${each}`) ? normalizeCommand(value) : value;
  }
}

function firstField(value: string): string {
  const split = splitQuoted(value);
  return 'problem' in split ? value : (split.fields[0] ?? '');
}

function defaultOrigin(name: string, from: string | undefined, facts: GoFacts): VariableOrigin {
  if (name === 'GOWORK' && facts.goWork) return { kind: 'file', path: facts.goWork };
  if (name === 'GOMOD' && from === undefined && facts.goMod && !facts.goMod.inTempRoot)
    return { kind: 'file', path: facts.goMod.path };
  return from === undefined ? { kind: 'default' } : { kind: 'default', from };
}
