/**
 * The facet `env`: every variable that influences a build, with its origin. Values are redacted here, before
 * anything else sees them.
 */
import path from 'node:path';
import { variables as catalogue, variable } from '../../../catalog/variables.ts';
import {
  type CommandRun,
  type EnvFacts,
  isProcessUnknown,
  type Origin,
  type VariableFact,
} from '../../../drift/model.ts';
import { noLine } from '../../../drift/shipped-entries.ts';
import { isByteCount } from '../../../go/byte-count.ts';
import { goMinor, shippedSetting } from '../../../go/defaults.ts';
import type { VariableOrigin } from '../../../go/getenv.ts';
import { goauthProblem } from '../../../go/goauth.ts';
import { splitQuoted } from '../../../go/goflags.ts';
import { redactText, redactValue, secretsIn } from '../../../go/redact.ts';
import { inTemporary } from '../../../go/resolve-environment.ts';
import { quietSettings, runCommand } from '../../../host/command.ts';
import { hmacHex } from '../../../host/digest.ts';
import { isExecutable, stampOf } from '../../../host/files.ts';
import { programDirectories, programFound } from '../../environment/path-programs.ts';
import type { Sources } from '../../environment/sources.ts';
import { cacheProgramOf } from '../cache/program.ts';
import { programsOf } from '../tools/compilers.ts';
import { goflagsFiles } from './goflags-files.ts';
import { shippedSettings } from './shipped-settings.ts';
import { stampingOf } from './stamping.ts';
import { temporaryFacts } from './temporary-directory.ts';

/** Longest value kept. Go's own settings are far shorter, and a variable of 1 MB must not reach a label. */
const valueLimit = 4096;

/** Returns a value for publication: redacted by its class and limited in length. */
export function publicValue(name: string, value: string): string {
  // A variable missing from the catalogue may contain anything.
  const safe = redactValue(variable(name)?.secret ?? 'whole', value);
  return safe.length > valueLimit ? `${safe.slice(0, valueLimit)}…` : safe;
}

/**
 * Returns keyed hashes of the values that are partly redacted. Lists are hashed regardless of order: where
 * the order matters, it is visible in the published value.
 */
function hiddenFacts({ variables }: Sources, key: Uint8Array | undefined): Pick<EnvFacts, 'secrets'> {
  if (key === undefined) return {};
  const keyName = hmacHex(key, 'name of this key').slice(0, 8);
  const hidden = [...variables.values()].filter(({ name, value }) => publicValue(name, value) !== value);
  const secrets = hidden.map(({ name, value }) => {
    const hash = hmacHex(key, `secret of ${name}\0${unordered(name, value)}`);
    return [name, `${keyName}:${hash}`] as const;
  });
  return { secrets: new Map(secrets) };
}

function unordered(name: string, value: string): string {
  const list = variable(name)?.list;
  const split = list === 'flags' ? splitQuoted(value) : undefined;
  if (split !== undefined && 'fields' in split) return [...split.fields].sort().join('\0');
  return list === 'comma' ? value.split(/[,|]/).sort().join('\0') : value;
}

function publicOrigin({ kind, path: file, line }: VariableOrigin): Origin {
  return { kind, ...(file === undefined ? {} : { path: file }), ...(line === undefined ? {} : { line }) };
}

function variableFacts(sources: Sources): ReadonlyMap<string, VariableFact> {
  const facts = new Map<string, VariableFact>();
  for (const resolved of sources.variables.values()) {
    if (variable(resolved.name) === undefined) continue;
    facts.set(resolved.name, {
      name: resolved.name,
      value: publicValue(resolved.name, resolved.value),
      ...(resolved.written === undefined ? {} : { written: publicValue(resolved.name, resolved.written) }),
      origin: publicOrigin(resolved.origin),
      shadows: resolved.shadows.map((shadow) => ({
        value: publicValue(resolved.name, shadow.value),
        origin: publicOrigin(shadow.origin),
      })),
      ...defaultOf(resolved.name, resolved, sources),
    });
  }
  return facts;
}

/** Returns the value without any setting: Go's own default, or the line that its release ships in go.env. */
function defaultOf(
  name: string,
  resolved: {
    readonly default?: string;
    readonly origin: VariableOrigin;
    readonly value: string;
    readonly shadows: readonly { readonly origin: VariableOrigin; readonly value: string }[];
  },
  sources: Sources,
): { readonly default?: string } {
  const line =
    resolved.origin.kind === 'goroot'
      ? resolved.value
      : resolved.shadows.find((shadow) => shadow.origin.kind === 'goroot')?.value;
  // A line of go.env that no release contains was written by a user, so it counts as a setting.
  const value = line === undefined ? resolved.default : (shippedSetting(name, line) ?? resolved.default);
  if (value === undefined) return {};
  return { default: name === 'GOROOT' ? (sources.effective?.goroot ?? value) : publicValue(name, value) };
}

/** Returns the lines of go.env, redacted. */
function shippedFacts(sources: Sources): Pick<EnvFacts, 'shipped'> {
  const lines = shippedSettings(sources);
  if (lines === undefined) return {};
  return {
    shipped: new Map(
      [...lines].map(([name, line]) => [name, line === '' ? noLine : publicValue(name, line)]),
    ),
  };
}

/**
 * Reports whether the programs started by CC exist, and which is missing; empty if no C compiler is needed.
 */
function compilerFacts(sources: Sources): Pick<EnvFacts, 'compilerFound' | 'compilerMissing'> {
  if (sources.variables.get('CGO_ENABLED')?.value !== '1') return {};
  const split = splitQuoted(sources.variables.get('CC')?.value ?? '');
  const programs = 'problem' in split ? [] : programsOf(split.fields);
  if (programs.length === 0) return {};
  const missing = programs.find((one) => programFound(sources, one) === false);
  return missing === undefined
    ? { compilerFound: true }
    : { compilerFound: false, compilerMissing: publicValue('CC', missing) };
}

/** Reports whether the file named by GOWORK exists (without a name, `go` searches upward). */
function goworkFacts({ root, variables }: Sources): Pick<EnvFacts, 'goworkFound' | 'goworkDirectory'> {
  const named = variables.get('GOWORK');
  const kinds = ['process', 'goenv', 'goroot'];
  if (named === undefined || !kinds.includes(named.origin.kind) || !named.value.startsWith('/')) return {};
  const stamp = stampOf({ root, path: named.value });
  if (stamp?.directory === true) return { goworkFound: true, goworkDirectory: true };
  return { goworkFound: stamp !== undefined };
}

/** Returns the go.mod that `go` ignores because of its location. */
function passedOverFacts({ gomod, gowork, environment }: Sources): Pick<EnvFacts, 'passedOver'> {
  if (gomod === undefined || gowork !== undefined || !inTemporary(gomod.path, environment.variables))
    return {};
  return { passedOver: { gomod: gomod.path, directory: path.dirname(gomod.path) } };
}

/** Reports whether GOMODCACHE or GOBIN names a file. */
function filesForDirectories({ root, variables }: Sources): Pick<EnvFacts, 'modCacheFile' | 'gobinFile'> {
  const isFile = (name: string) => {
    const value = variables.get(name)?.value ?? '';
    return value.startsWith('/') && stampOf({ root, path: value })?.directory === false;
  };
  return {
    ...(isFile('GOMODCACHE') ? { modCacheFile: true } : {}),
    ...(isFile('GOBIN') ? { gobinFile: true } : {}),
  };
}

/**
 * Returns the error of `go` when it starts the program that serves as the cache
 * (cmd/go/internal/cache/prog.go, startCacheProg).
 */
function cacheProgramProblem(sources: Sources): string | undefined {
  const program = cacheProgramOf(sources);
  if (program === undefined) return undefined;
  const split = splitQuoted(program);
  if ('problem' in split) return `GOCACHEPROG args: ${split.problem}`;
  const [command = ''] = split.fields;
  return programFound(sources, command) === false
    ? redactText(`error starting GOCACHEPROG program "${command}"`, secretsIn('arguments', program))
    : undefined;
}

/**
 * Reports an invalid GOMEMLIMIT, which the runtime of `go` itself reads at startup (readGOMEMLIMIT in
 * runtime/mgcpacer.go).
 */
function memoryLimitFacts({ environment }: Sources): Pick<EnvFacts, 'badMemoryLimit'> {
  const limit = environment.variables.get('GOMEMLIMIT') ?? '';
  if (limit === '' || limit === 'off' || isByteCount(limit)) return {};
  // Anything that does not look like a size may be a secret.
  const size = /^[\d.]{1,20} ?[a-z]{0,4}$/i.test(limit);
  return { badMemoryLimit: size ? limit : publicValue('GOMEMLIMIT', limit) };
}

/**
 * Returns the program that answers tools which load packages, instead of `go list`: the one named by
 * GOPACKAGESDRIVER (a single word, not a command line), otherwise a `gopackagesdriver` on PATH, and none if
 * the variable is `off` (golang.org/x/tools/go/packages/external.go, findExternalDriver).
 */
function packagesDriverFacts(sources: Sources): Pick<EnvFacts, 'packagesDriverFound' | 'packagesDriver'> {
  const named = sources.environment.variables.get('GOPACKAGESDRIVER') ?? '';
  if (named === 'off') return {};
  if (named === '') {
    const file = programDirectories(sources)
      .map((directory) => path.join(directory, 'gopackagesdriver'))
      .find((one) => isExecutable({ root: sources.root, path: one }, sources.environment.credentials));
    return file === undefined ? {} : { packagesDriver: file };
  }
  const found = programFound(sources, named);
  return found === undefined ? {} : { packagesDriverFound: found };
}

/** Returns problems of values that are secrets; they must be found here, before redaction. */
function secretProblems(sources: Sources): Pick<EnvFacts, 'cacheProgramProblem' | 'authProblem'> {
  const goauth = sources.variables.get('GOAUTH')?.value ?? '';
  const authProblem = goauth === '' ? undefined : goauthProblem(goauth);
  const programProblem = cacheProgramProblem(sources);
  return {
    ...(programProblem === undefined ? {} : { cacheProgramProblem: programProblem }),
    ...(authProblem === undefined ? {} : { authProblem }),
  };
}

/**
 * Variables besides the queried ones on which go's answer depends: they locate its files, and PATH is
 * searched for a C compiler without starting one. Nothing else of the environment is passed on, since it may
 * contain secrets.
 */
const places = ['HOME', 'XDG_CONFIG_HOME', 'XDG_CACHE_HOME', 'TMPDIR', 'PATH', 'GOENV', 'GOWORK', 'GODEBUG'];

/**
 * Runs the effective `go`, by name and without side effects (go-internals §0), and returns the variables for
 * which it disagrees. Undefined if it was not run or did not answer.
 */
async function confirm(
  sources: Sources,
  telemetryDirectory: string,
  commands: CommandRun[],
): Promise<readonly string[] | undefined> {
  const { effective: tree, runnable } = sources;
  if (tree === undefined || 'why' in runnable) return undefined;
  const minor = goMinor(tree.version);
  const names = catalogue
    .filter(
      (row) =>
        row.costly !== true &&
        // Its answer would be the value that godrift sets for the run.
        quietSettings[row.name] === undefined &&
        row.entry &&
        goMinor(row.shownSince ?? row.since ?? '1.21') <= minor,
    )
    .map((row) => row.name);
  // Without names, `go` would create its cache directory.
  if (names.length === 0) return undefined;
  const needed = new Set([...names, ...places]);
  const { variables, reading } = sources.environment;
  const assumed = isProcessUnknown(reading) ? { PATH: sources.pathDirectories.join(':') } : {};
  const run = await runCommand('go-env', runnable.program, ['env', '-json', ...names], {
    cwd: sources.settings.workspace || '/',
    env: {
      ...assumed,
      ...Object.fromEntries([...variables].filter(([name]) => needed.has(name))),
      TEST_TELEMETRY_DIR: telemetryDirectory,
    },
  });
  commands.push({
    executable: 'go',
    args: ['env', '-json'],
    start: run.start,
    end: run.end,
    exitCode: run.exitCode,
  });
  if (!run.ok) return undefined;
  let answer: Record<string, unknown>;
  try {
    answer = JSON.parse(run.output);
  } catch {
    return undefined;
  }
  return names.filter(
    (name) => name in answer && answer[name] !== (sources.variables.get(name)?.value ?? ''),
  );
}

/** How the collector may confirm its reading; absent if no process may be started. */
export interface Confirmation {
  readonly telemetryDirectory: string;
  /** Directory for copies of the project's files that `go` may read. */
  readonly copiesDirectory: string;
}

/** Collects the facet; commands that ran are appended. `unjudged` says why a rule could not be evaluated. */
export async function collectEnv(
  sources: Sources,
  commands: CommandRun[],
  confirmation?: Confirmation,
  secretKey?: Uint8Array,
): Promise<{ readonly facts: EnvFacts; readonly unjudged?: string }> {
  const stamping = await stampingOf(sources);
  const disagreements =
    confirmation === undefined
      ? undefined
      : await confirm(sources, confirmation.telemetryDirectory, commands);
  const facts: EnvFacts = {
    goenv: {
      path: sources.goenv.path,
      state: sources.goenv.state,
      ...(sources.goenv.problem === undefined ? {} : { problem: sources.goenv.problem }),
      lines: sources.goenv.lines.map(({ line, name, value }) => ({
        line,
        name,
        value: publicValue(name, value),
      })),
      ignored: sources.goenv.ignored,
    },
    variables: variableFacts(sources),
    ...hiddenFacts(sources, secretKey),
    ...shippedFacts(sources),
    present: new Set(
      [...sources.environment.variables].filter(([, value]) => value !== '').map(([name]) => name),
    ),
    ...temporaryFacts(sources),
    ...passedOverFacts(sources),
    ...goworkFacts(sources),
    ...filesForDirectories(sources),
    ...secretProblems(sources),
    ...packagesDriverFacts(sources),
    ...goflagsFiles(sources),
    ...memoryLimitFacts(sources),
    ...(stamping.problem === undefined ? {} : { stamping: stamping.problem }),
    ...(stamping.stale === undefined ? {} : { staleStamp: stamping.stale }),
    ...compilerFacts(sources),
    ...(disagreements === undefined ? {} : { disagreements }),
  };
  return stamping.unjudged === undefined ? { facts } : { facts, unjudged: stamping.unjudged };
}
