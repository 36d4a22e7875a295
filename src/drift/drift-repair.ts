/** Repairs of a drift: a text always, and a command where one can be given safely. */
import { variable } from '../catalog/variables.ts';
import { redacted } from '../go/redacted.ts';
import { cgoByItself } from './cgo-by-itself.ts';
import { type Baseline, sourceOf } from './choose-baseline.ts';
import { removal } from './goenv-lines.ts';
import { type Fix, factsOf, type Observation } from './model.ts';
import { localPath, type PathRoots } from './portable.ts';
import { shellWord } from './shell-word.ts';
import { shippedWayBack } from './shipped-entries.ts';
import type { EntryChange } from './state.ts';

/**
 * Returns how to make a change part of the baseline: a command, or a commit if the baseline of its facet is a
 * committed one.
 */
export function acceptance({ facet }: EntryChange, baseline: Baseline): string {
  return sourceOf(baseline, facet).committed === true
    ? 'commit a new .godrift.snapshot'
    : 'godrift baseline accept --reason …';
}

/**
 * Returns the narrowest repair that restores the expected value. Accepting the new value is always the
 * alternative.
 */
export function repairDrift(change: EntryChange, baseline: Baseline, observation: Observation): string {
  const accept = acceptance(change, baseline);
  const name = change.key.slice(change.key.indexOf('.') + 1);
  const cgo = cgoByItself(change.key, observation);
  if (cgo !== undefined) return `${cgo.repair} (or ${accept})`;
  if (change.expected?.includes(redacted))
    return `put back the value of ${name} that was there (or ${accept})`;
  const line = shippedWayBack(change, baseline.entries.get('env'));
  // go.env belongs to this host, even if the baseline is a committed one.
  if (line !== undefined) return `${line} (or godrift baseline accept --reason …)`;
  if (change.facet === 'env' && change.origin?.kind !== 'goroot' && baseline.committed === true)
    return reviewed(change, name);
  if (change.key === 'env.GOWORK' && change.origin?.kind === 'process' && stopsByGowork(observation))
    return change.expected === undefined ? `unset ${name}` : `export ${name}=${shellWord(change.expected)}`;
  if (change.facet === 'env' && change.origin?.kind === 'process') {
    return change.expected === undefined
      ? `unset ${name} (or ${accept})`
      : `export ${name}=${shellWord(change.expected)} (or ${accept})`;
  }
  if (change.facet === 'env' && change.origin?.kind === 'goroot' && change.expected === undefined)
    return `restore ${name} in ${change.origin.path ?? '$GOROOT/go.env'} as the Go release has it (or ${accept})`;
  if (change.facet === 'env' && change.origin?.kind === 'goenv') {
    const place = `${change.origin.path}${change.origin.line === undefined ? '' : `:${change.origin.line}`}`;
    return change.expected === undefined
      ? `remove ${place} (or ${accept})`
      : `write ${name}=${change.expected} at ${place} (or ${accept})`;
  }
  if (change.facet === 'env') {
    // Without a GOENV file `go env -w` fails.
    const noFile = factsOf(observation, 'env')?.goenv.state === 'off';
    const how = noFile || variable(name)?.goenvWritable === false ? 'export' : 'export or go env -w';
    return `set ${name}=${change.expected ?? ''} where it was set before, by ${how} (or ${accept})`;
  }
  if (change.key === 'toolchain.version') return `${toolchainWayBack(change, observation)} (or ${accept})`;
  const work = workWayBack(change, baseline, observation);
  // Accepting is no alternative here: the current state does not build.
  if (work !== undefined && factsOf(observation, 'modules')?.unprovided !== undefined) return work;
  const back = work ?? filesWayBack(change, observation);
  return back === undefined ? accept : `${back} (or ${accept})`;
}

/**
 * Returns the repair of a difference from a committed baseline. It is deliberately not a command to copy: a
 * pull request that removes a line from the file or adds one must not make a user unset GOSUMDB, or export a
 * value of its choice.
 */
function reviewed({ expected, origin }: EntryChange, name: string): string {
  const line = origin?.line === undefined ? '' : `:${origin.line}`;
  const place = origin?.path === undefined ? 'in the environment' : `at ${origin.path}${line}`;
  const wants = expected === undefined ? `no ${name}` : `${name}=${expected}`;
  return `the committed baseline has ${wants}: see which of them is right, then correct it ${place}, or commit a new .godrift.snapshot`;
}

/**
 * Returns how to restore a file that builds read, undefined where that is not known. Entries that only follow
 * from another entry have no repair of their own.
 */
function filesWayBack(change: EntryChange, observation: Observation): string | undefined {
  if (change.key === 'modules.vendor') {
    const command = factsOf(observation, 'modules')?.work === undefined ? 'go mod vendor' : 'go work vendor';
    return `restore the vendor directory from version control, or run ${command}`;
  }
  const module = factsOf(observation, 'modules')?.list.find((one) => change.key === `modules.${one.path}`);
  if (module?.replacement?.digest !== undefined)
    return `put back what was in ${module.replacement.path}, as seen from go.mod or go.work`;
  if (change.key === 'modules.main_module')
    return `restore the go.mod of ${observation.workspace} from version control`;
  if (change.key !== 'toolchain.digest') return undefined;
  const goroot = factsOf(observation, 'toolchain')?.local?.goroot;
  return goroot === undefined ? undefined : `unpack the Go release into ${goroot} again`;
}

/** Reports whether GOWORK=off hides packages that builds import; then the baseline must not adopt it. */
const stopsByGowork = (observation: Observation) =>
  factsOf(observation, 'modules')?.unprovided?.some((one) => one.switchedOff !== undefined) === true;

/**
 * Returns how to restore a go.work of the baseline that is not in force. Its loss also explains a changed
 * `modules.go_mod`: without it the go.mod files that it uses are not read.
 */
function workWayBack(
  { key }: EntryChange,
  { entries }: Baseline,
  observation: Observation,
): string | undefined {
  if (key !== 'modules.go_work' && key !== 'modules.go_mod') return undefined;
  const modules = factsOf(observation, 'modules');
  const isGone = entries.get('modules')?.has('modules.go_work') === true && modules?.work === undefined;
  return isGone ? 'restore go.work from version control or a copy' : undefined;
}

/**
 * Returns how to get back the expected toolchain; the text names what switched it: a line of a file,
 * GOTOOLCHAIN, or another go on PATH.
 */
function toolchainWayBack({ expected = '' }: EntryChange, observation: Observation): string {
  const toolchain = factsOf(observation, 'toolchain');
  const { outcome = 'local', cause } = toolchain?.selection ?? {};
  if (outcome !== 'local' && typeof cause === 'object') return `take back ${cause.file}:${cause.line}`;
  if (outcome !== 'local' && cause === 'GOTOOLCHAIN') return 'set GOTOOLCHAIN back';
  const sdk = toolchain?.installed.find(({ version }) => version === expected);
  return `put go${expected} first on PATH${sdk === undefined ? '' : ` (found: ${sdk.bin})`}`;
}

/**
 * Returns the {@link repairDrift} of a variable as a command, where it is one. Commands come only from this
 * host's own past (design §9), including those that remove a value, because a pull request can edit the
 * committed file. There is also no command if the value is redacted, or if it is a path that has no meaning
 * on this machine.
 */
export function fixDrift(
  change: EntryChange,
  baseline: Baseline,
  observation: Observation,
  roots: PathRoots,
): { readonly fix?: Fix } {
  const name = change.key.slice(change.key.indexOf('.') + 1);
  if (change.facet !== 'env' || change.origin === undefined || baseline.committed === true) return {};
  const { kind, path, line } = change.origin;
  if (kind === 'process') {
    if (change.expected === undefined) return { fix: { action: 'unset', name } };
    const value = localPath(change.expected, roots);
    // An escape stands for a character that is not shown, so the true value is not known.
    if (value === undefined || value.includes(redacted) || /\\(?:u[0-9a-f]{4}|[bfnrt])/.test(value))
      return {};
    return { fix: { action: 'export', name, value } };
  }
  if (kind === 'goenv' && change.expected === undefined && path !== undefined && line !== undefined)
    return { fix: removal(factsOf(observation, 'env'), name, path, line) };
  return {};
}
