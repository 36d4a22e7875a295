/** The narrowest way to a Go that satisfies a pin: one that heals, as the go that is started may switch to another. */
import { cachedToolchain } from '../go/toolchain-files.ts';
import { compareGoVersions, toolchainToVersion } from '../go/version.ts';
import { afterFix, buildingVersion } from './after-repair.ts';
import { effectiveValue, startedVersion, unset, unsetFix, type World } from './conflicts/rule.ts';
import { wayAroundGotoolchain } from './conflicts/toolchain.ts';
import type { Finding } from './model.ts';
import { evaluatePin } from './pins.ts';
import { fittingSdk, newest, type PinDemand, pinPlace, sdkFix, sdkWords, worseOff } from './sdk-choice.ts';

type Way = Pick<Finding, 'repair' | 'fix'>;

/** Whether GOTOOLCHAIN=goX gets that Go: it lies in the module cache, or may be downloaded. */
function canBeNamed(world: World, bin: string): boolean {
  const goroot = bin.replace(/\/bin$/, '');
  return cachedToolchain(goroot) !== undefined || effectiveValue(world, 'GOPROXY') !== 'off';
}

/** Whether no version can meet both: a floor above all that an exact pin takes, or two exact pins neither of which is a part of the other. */
function contradict(one: PinDemand, other: PinDemand): boolean {
  if (one.kind === 'floor' && other.kind === 'floor') return false;
  const [exact, second] = one.kind === 'exact' ? [one, other] : [other, one];
  const versions = [exact.version, ...(exact.others ?? [])];
  if (second.kind === 'exact')
    return (
      versions.every((version) => evaluatePin(second, version).deviates) &&
      [second.version, ...(second.others ?? [])].every((version) => evaluatePin(exact, version).deviates)
    );
  // A pin such as 1.26 takes every patch release of it, so also the one that a floor names.
  return (
    evaluatePin(exact, second.version).deviates &&
    versions.every((version) => compareGoVersions(version, second.version) < 0)
  );
}

/** The toolchain that a line of the project asks for, as a floor; undefined where GOTOOLCHAIN or nothing chose. */
function chosenFloor({ toolchain }: World): PinDemand | undefined {
  const { cause, wanted = '' } = toolchain?.selection ?? {};
  if (typeof cause !== 'object') return undefined;
  return { kind: 'floor', version: wanted.replace(/^go/, ''), path: cause.file, line: cause.line };
}

/**
 * Where a line of the project, or another pin, asks for what the pin does not take: whatever is put first on PATH, any command would break the
 * one or the other.
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
    // Go refuses a toolchain that is older than the go line.
    !evaluatePin(pin, version).deviates &&
    compareGoVersions(world.toolchain?.project?.go ?? '', version) <= 0;
  const isStarted = started !== '' && takes(started);
  const fit = newest((world.toolchain?.installed ?? []).filter(({ version }) => takes(version)));
  const first = isStarted ? '' : `put go${fit?.version} first on PATH and `;
  return chosen === undefined || (!isStarted && fit === undefined)
    ? { repair: words }
    : { repair: `${words}, or ${first}run with GOTOOLCHAIN=local` };
}

/** The way to what a pin of the world asks for, in words and, where it is one, as a command. */
export function repairPin(named: PinDemand & { readonly rule: string }, world: World): Way {
  // With the other versions that it takes.
  const pin = world.pins?.find(({ rule, path }) => rule === named.rule && path === named.path) ?? named;
  const started = startedVersion(world);
  // The go that is first on PATH would do: what GOTOOLCHAIN names is taken in its place.
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

/** Whether a way leads to what the pin asks for, and no build is worse off. */
function heals({ fix }: Way, pin: PinDemand, world: World): boolean {
  if (fix === undefined) return false;
  const after = afterFix(world, fix);
  return worseOff(world, after, true) === undefined && !evaluatePin(pin, buildingVersion(after)).deviates;
}

/** Where GOTOOLCHAIN decides, whatever is first on PATH: the newest SDK that it may name as well, in words what else is to be done; undefined elsewhere. */
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
