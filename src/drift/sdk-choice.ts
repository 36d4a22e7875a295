/**
 * Chooses the Go of this host that a repair puts first on PATH. All repairs share one choice, because PATH is
 * one variable: the newest Go that meets every demand of project, configuration and baseline, or none
 * (decision 0074). A Go that meets only one demand would break another.
 */
import { compareGoVersions, parseGoVersion } from '../go/version.ts';
import { buildingVersion, type Sdk, stopsBuilds, withFirst } from './after-repair.ts';
import { effectiveValue, type World } from './conflicts/rule.ts';
import type { Fix } from './model.ts';
import { evaluatePin, type Pin } from './pins.ts';

/** A demand on the Go version; `words` say who makes it. */
interface Demand {
  readonly words: string;
  readonly isMet: (version: string) => boolean;
}

/** The part of a pin that decides whether a version meets it, and its location. */
export type PinDemand = Pick<Pin, 'kind' | 'version' | 'others' | 'path'> & { readonly line?: number };

const isAtLeast = (floor: string) => (version: string) => compareGoVersions(version, floor) >= 0;

/** Returns the location of a pin: `/src/app/go.mod:3`, or `the configuration`. */
export function pinPlace({ path, line = 0 }: Pick<PinDemand, 'path' | 'line'>): string {
  if (path === '') return 'the configuration';
  return line === 0 ? path : `${path}:${line}`;
}

const pinDemand = (pin: PinDemand): Demand => ({
  words: `${pinPlace(pin)} asks for ${pin.kind === 'floor' ? 'at least ' : ''}go${pin.version}`,
  isMet: (version) => !evaluatePin(pin, version).deviates,
});

/**
 * Returns the demands on the Go that builds: all pins, the go lines of go.mod, of the -modfile file and of
 * imported modules, `floor` (a version without `go`, `''` for none), and the baseline's version unless one of
 * the others excludes it.
 */
function demandsOf(world: World, floor = ''): readonly Demand[] {
  const { project } = world.toolchain ?? {};
  const demands = (world.pins ?? []).map(pinDemand);
  if (project?.go !== undefined)
    demands.push({
      words: `${pinPlace({ path: project.path, line: project.goLine ?? 0 })} asks for at least go${project.go}`,
      isMet: isAtLeast(project.go),
    });
  for (const { name, go } of [...(world.modules?.floors ?? []), ...(world.modules?.newer ?? [])])
    demands.push({ words: `${name} asks for at least go${go}`, isMet: isAtLeast(go) });
  if (floor !== '')
    demands.push({ words: `a build here needs at least go${floor}`, isMet: isAtLeast(floor) });
  const { baselineGo = '' } = world;
  if (baselineGo === '' || demands.some(({ isMet }) => !isMet(baselineGo))) return demands;
  return [
    ...demands,
    { words: `the baseline has go${baselineGo}`, isMet: (version) => version === baselineGo },
  ];
}

/** Returns the first demand that this Go version does not meet, in words; undefined if it meets all. */
export function unmetDemand(world: World, version: string, floor = ''): string | undefined {
  return demandsOf(world, floor).find(({ isMet }) => !isMet(version))?.words;
}

const isRelease = ({ version }: { readonly version: string }) => parseGoVersion(version)?.kind === '';

/** Returns the newest version, preferring releases to pre-releases; the first of equal ones. */
export function newest<T extends { readonly version: string }>(sdks: readonly T[]): T | undefined {
  const releases = sdks.filter(isRelease);
  return (releases.length === 0 ? sdks : releases).reduce<T | undefined>(
    (best, sdk) => (best === undefined || compareGoVersions(sdk.version, best.version) > 0 ? sdk : best),
    undefined,
  );
}

/**
 * Returns which other program a directory would also displace if it came first on PATH, in words; undefined
 * if none.
 */
export function displacement({ bin, displaces }: Sdk): string | undefined {
  return displaces === undefined
    ? undefined
    : `${displaces} of ${bin} would answer in place of another one, too`;
}

/** Explains why builds would not meet the demands with this SDK first on PATH; undefined if they would. */
function unfit(world: World, sdk: Sdk, floor: string): string | undefined {
  const after = withFirst(world, sdk);
  const builds = buildingVersion(after);
  const { selection } = after.toolchain ?? {};
  if (selection?.cause === 'GOTOOLCHAIN' && selection.wanted !== `go${sdk.version}`)
    return `GOTOOLCHAIN=${effectiveValue(world, 'GOTOOLCHAIN')} takes ${selection.wanted} whatever is first on PATH`;
  return (
    unmetDemand(world, sdk.version, floor) ??
    displacement(sdk) ??
    stopsBuilds(after) ??
    unmetDemand(world, builds, floor) ??
    (selection?.outcome === 'download' ? `go would have to download ${selection.wanted}` : undefined)
  );
}

/**
 * Explains why a command leaves builds worse off; undefined if it does not. `choosesGo`: the command's
 * purpose is another Go, so it is useless if builds still fail.
 */
export function worseOff(before: World, after: World, choosesGo: boolean): string | undefined {
  const [stopped, stops] = [stopsBuilds(before), stopsBuilds(after)];
  // If builds fail before and after, a setting that is invalid altogether is the worse fault, and worth
  // replacing.
  const isNonsense = before.toolchain?.selection?.outcome === 'invalid';
  if (stops !== undefined) return stopped === undefined || (choosesGo && !isNonsense) ? stops : undefined;
  const { outcome, wanted } = after.toolchain?.selection ?? {};
  if (outcome === 'download' && stopped === undefined && before.toolchain?.selection?.outcome !== 'download')
    return `go would have to download ${wanted}, which is not here`;
  const [was, is] = [buildingVersion(before), buildingVersion(after)];
  // A demand that the previous go did not meet either is no reason.
  return demandsOf(after).find(({ isMet }) => was !== '' && isMet(was) && !isMet(is))?.words;
}

/**
 * Returns the newest SDK on this host with which builds meet every demand and use at least Go `floor`;
 * undefined if there is none.
 */
export function fittingSdk(world: World, floor = ''): Sdk | undefined {
  const { installed = [] } = world.toolchain ?? {};
  return newest(installed.filter((sdk) => unfit(world, sdk, floor) === undefined));
}

/**
 * Returns a suffix for a repair text that names the fitting SDK, or why the newest candidate does not fit; ''
 * if no SDK is new enough.
 */
export function sdkWords(world: World, floor = ''): string {
  const sdk = fittingSdk(world, floor);
  if (sdk !== undefined) return ` (found: ${sdk.bin} with go${sdk.version})`;
  const other = newest((world.toolchain?.installed ?? []).filter(({ version }) => isAtLeast(floor)(version)));
  if (other === undefined) return '';
  return ` (not ${other.bin} with go${other.version}: ${unfit(world, other, floor)})`;
}

/**
 * Returns the fix that puts the fitting SDK first on PATH, as a property to spread; empty without such an
 * SDK.
 */
export function sdkFix(world: World, floor = ''): { readonly fix?: Fix } {
  const sdk = fittingSdk(world, floor);
  return sdk === undefined ? {} : { fix: { action: 'prepend-path', directory: sdk.bin } };
}
