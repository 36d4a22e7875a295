/** The way back from a drift: in words, and as a command where it is one. */
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

/** How a change becomes the baseline: the command, or the commit where the baseline of its facet is a committed one. */
export function acceptance({ facet }: EntryChange, baseline: Baseline): string {
  return sourceOf(baseline, facet).committed === true
    ? 'commit a new .godrift.snapshot'
    : 'godrift baseline accept --reason …';
}

/** The narrowest way back to the expected value; approving the new one is the alternative that is always there. */
export function repairDrift(change: EntryChange, baseline: Baseline, observation: Observation): string {
  const accept = acceptance(change, baseline);
  const name = change.key.slice(change.key.indexOf('.') + 1);
  const cgo = cgoByItself(change.key, observation);
  if (cgo !== undefined) return `${cgo.repair} (or ${accept})`;
  if (change.expected?.includes(redacted))
    return `put back the value of ${name} that was there (or ${accept})`;
  const line = shippedWayBack(change, baseline.entries.get('env'));
  // The line is this host's own, whatever baseline is committed.
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
    // Without a GOENV file go env -w fails.
    const noFile = factsOf(observation, 'env')?.goenv.state === 'off';
    const how = noFile || variable(name)?.goenvWritable === false ? 'export' : 'export or go env -w';
    return `set ${name}=${change.expected ?? ''} where it was set before, by ${how} (or ${accept})`;
  }
  if (change.key === 'toolchain.version') return `${toolchainWayBack(change, observation)} (or ${accept})`;
  const work = workWayBack(change, baseline, observation);
  // Nobody wants to approve what does not build.
  if (work !== undefined && factsOf(observation, 'modules')?.unprovided !== undefined) return work;
  const back = work ?? filesWayBack(change, observation);
  return back === undefined ? accept : `${back} (or ${accept})`;
}

/**
 * The words for a difference from a committed baseline. They are no command to copy: a pull request that takes a line out of the file, or
 * puts one in, must not have anybody unset GOSUMDB, or export what it names.
 */
function reviewed({ expected, origin }: EntryChange, name: string): string {
  const line = origin?.line === undefined ? '' : `:${origin.line}`;
  const place = origin?.path === undefined ? 'in the environment' : `at ${origin.path}${line}`;
  const wants = expected === undefined ? `no ${name}` : `${name}=${expected}`;
  return `the committed baseline has ${wants}: see which of them is right, then correct it ${place}, or commit a new .godrift.snapshot`;
}

/** How to get back what builds read from files, where it is known; what only follows from something else has no way of its own. */
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

/** Whether GOWORK=off keeps builds from packages that they import: the baseline is not to get it. */
const stopsByGowork = (observation: Observation) =>
  factsOf(observation, 'modules')?.unprovided?.some((one) => one.switchedOff !== undefined) === true;

/** How to get back a go.work that the baseline has and that is not in force: the go.mod files that it used are not read either, without it. */
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

/** What made a build here use another toolchain: a line, GOTOOLCHAIN, or another go on PATH. */
function toolchainWayBack({ expected = '' }: EntryChange, observation: Observation): string {
  const toolchain = factsOf(observation, 'toolchain');
  const { outcome = 'local', cause } = toolchain?.selection ?? {};
  if (outcome !== 'local' && typeof cause === 'object') return `take back ${cause.file}:${cause.line}`;
  if (outcome !== 'local' && cause === 'GOTOOLCHAIN') return 'set GOTOOLCHAIN back';
  const sdk = toolchain?.installed.find(({ version }) => version === expected);
  return `put go${expected} first on PATH${sdk === undefined ? '' : ` (found: ${sdk.bin})`}`;
}

/**
 * {@link repairDrift} as a command, where it is one. It comes from this host's own past only (design §9), what it takes away included: a pull
 * request can edit the committed file. What a secret was replaced by, or a path that means nothing on this machine, is no value either.
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
    // An escape stands for a character that is not shown: the value itself is not known.
    if (value === undefined || value.includes(redacted) || /\\(?:u[0-9a-f]{4}|[bfnrt])/.test(value))
      return {};
    return { fix: { action: 'export', name, value } };
  }
  if (kind === 'goenv' && change.expected === undefined && path !== undefined && line !== undefined)
    return { fix: removal(factsOf(observation, 'env'), name, path, line) };
  return {};
}
