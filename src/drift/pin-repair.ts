/**
 * Repairs for a pin: the narrowest change after which builds use a Go that satisfies the pin. The go that is
 * started may switch to another toolchain, so each repair is simulated.
 */
import { cachedToolchain } from '../go/toolchain-files.ts';
import { compareGoVersions, toolchainToVersion } from '../go/version.ts';
import { afterFix, buildingVersion } from './after-repair.ts';
import { effectiveValue, startedVersion, unset, unsetFix, type World } from './conflicts/rule.ts';
import { wayAroundGotoolchain } from './conflicts/toolchain.ts';
import type { Finding } from './model.ts';
import { evaluatePin } from './pins.ts';
import { fittingSdk, newest, type PinDemand, pinPlace, sdkFix, sdkWords, worseOff } from './sdk-choice.ts';

type Way = Pick<Finding, 'repair' | 'fix'>;

/**
 * Reports whether GOTOOLCHAIN=goX can select that Go: it lies in the module cache, or downloads are allowed.
 */
function canBeNamed(world: World, bin: string): boolean {
  const goroot = bin.replace(/\/bin$/, '');
  return cachedToolchain(goroot) !== undefined || effectiveValue(world, 'GOPROXY') !== 'off';
}

/**
 * Reports whether no version can meet both pins: a floor above every version of an exact pin, or two exact
 * pins neither of which includes the other.
 */
function contradict(one: PinDemand, other: PinDemand): boolean {
  if (one.kind === 'floor' && other.kind === 'floor') return false;
  const [exact, second] = one.kind === 'exact' ? [one, other] : [other, one];
  const versions = [exact.version, ...(exact.others ?? [])];
  if (second.kind === 'exact')
    return (
      versions.every((version) => evaluatePin(second, version).deviates) &&
      [second.version, ...(second.others ?? [])].every((version) => evaluatePin(exact, version).deviates)
    );
  // An exact pin such as 1.26 accepts every patch release, so also one named by a floor.
  return (
    evaluatePin(exact, second.version).deviates &&
    versions.every((version) => compareGoVersions(version, second.version) < 0)
  );
}

/**
 * Returns the toolchain that a line of the project selected, as a floor; undefined if GOTOOLCHAIN or nothing
 * selected it.
 */
function chosenFloor({ toolchain }: World): PinDemand | undefined {
  const { cause, wanted = '' } = toolchain?.selection ?? {};
  if (typeof cause !== 'object') return undefined;
  return { kind: 'floor', version: wanted.replace(/^go/, ''), path: cause.file, line: cause.line };
}

/**
 * Returns the repair if another pin or a line of the project contradicts the pin: whatever is first on PATH
 * breaks one of them, so there is no command.
 */
function contradiction(pin: PinDemand, world: World): Way | undefined {
  const chosen = chosenFloor(world);
  const { floors = [], newer = [] } = world.modules ?? {};
  const others: readonly PinDemand[] = [
    ...(chosen === undefined ? [] : [chosen]),
    ...(world.pins ?? []),
    ...[...floors, ...newer].map(({ name: path, go: version }) => ({
      kind: 'floor' as const,
      version,
      path,
    })),
  ];
  const other = others.find((one) => contradict(pin, one));
  if (other === undefined) return undefined;
  const contradicted = pin.path || 'the pin';
  const words = `${pinPlace(other)} asks for go${other.version}, which contradicts ${contradicted}: correct one of them`;
  const started = startedVersion(world);
  const takes = (version: string) =>
    // Go refuses a toolchain older than the go line.
    !evaluatePin(pin, version).deviates &&
    compareGoVersions(world.toolchain?.project?.go ?? '', version) <= 0;
  const isStarted = started !== '' && takes(started);
  const fit = newest((world.toolchain?.installed ?? []).filter(({ version }) => takes(version)));
  const first = isStarted ? '' : `put go${fit?.version} first on PATH and `;
  return chosen === undefined || (!isStarted && fit === undefined)
    ? { repair: words }
    : { repair: `${words}, or ${first}run with GOTOOLCHAIN=local` };
}

/** Returns the repair for a pin of the world, as text and, where possible, as a command. */
export function repairPin(named: PinDemand & { readonly rule: string }, world: World): Way {
  // Look up the full pin, which also has the other versions that satisfy it.
  const pin = world.pins?.find(({ rule, path }) => rule === named.rule && path === named.path) ?? named;
  const started = startedVersion(world);
  // The go that is first on PATH satisfies the pin, but GOTOOLCHAIN switches away from it.
  const around = started !== '' && !evaluatePin(pin, started).deviates;
  const way = around ? wayAroundGotoolchain(world, started) : undefined;
  const other = contradiction(pin, world);
  if (way !== undefined && (other === undefined || heals(way, pin, world))) return way;
  if (other !== undefined) return other;
  const fit = fittingSdk(world);
  const wanted = `put a ${pin.kind === 'floor' ? 'go >= ' : 'go'}${pin.version} first on PATH`;
  if (fit === undefined) return byName(pin, world) ?? { repair: `${wanted}${sdkWords(world)}` };
  const or = canBeNamed(world, fit.bin) ? `, or run with GOTOOLCHAIN=go${fit.version}` : '';
  return { repair: `${wanted} (found: ${fit.bin})${or}`, ...sdkFix(world) };
}

/** Reports whether a repair makes builds satisfy the pin and leaves no build worse off. */
function heals({ fix }: Way, pin: PinDemand, world: World): boolean {
  if (fix === undefined) return false;
  const after = afterFix(world, fix);
  return worseOff(world, after, true) === undefined && !evaluatePin(pin, buildingVersion(after)).deviates;
}

/**
 * Returns the repair if GOTOOLCHAIN names a version, so that PATH decides nothing: name the newest SDK that
 * satisfies the pin instead, or, in words, unset GOTOOLCHAIN and change PATH. Undefined otherwise.
 */
function byName(pin: PinDemand, world: World): Way | undefined {
  if (toolchainToVersion(effectiveValue(world, 'GOTOOLCHAIN')) === '') return undefined;
  const ways = [...(world.toolchain?.installed ?? [])].reverse().map(
    ({ version }): Way => ({
      repair: `export GOTOOLCHAIN=go${version}`,
      fix: { action: 'export', name: 'GOTOOLCHAIN', value: `go${version}` },
    }),
  );
  const way = ways.find((one) => heals(one, pin, world));
  if (way !== undefined) return way;
  const cleared = unsetFix(world, 'GOTOOLCHAIN').fix;
  const without = cleared === undefined ? world : afterFix(world, cleared);
  return {
    repair: `${unset(world, 'GOTOOLCHAIN')}, and put a ${pin.kind === 'floor' ? 'go >= ' : 'go'}${pin.version} first on PATH${sdkWords(without)}`,
  };
}
