/**
 * Which Go of this host a repair puts first on PATH. One function for every repair, since PATH is one variable: the newest Go that meets all that the
 * project, the configuration and the baseline ask for, or none (decision 0074). A Go that meets one demand only would break another one.
 */
import { compareGoVersions, parseGoVersion } from '../go/version.ts';
import { buildingVersion, type Sdk, stopsBuilds, withFirst } from './after-repair.ts';
import { effectiveValue, type World } from './conflicts/rule.ts';
import type { Fix } from './model.ts';
import { evaluatePin, type Pin } from './pins.ts';

/** What a Go must be, and who says so. */
interface Demand {
  readonly words: string;
  readonly isMet: (version: string) => boolean;
}

/** The part of a pin that a version is judged by, with its place. */
export type PinDemand = Pick<Pin, 'kind' | 'version' | 'others' | 'path'> & { readonly line?: number };

const isAtLeast = (floor: string) => (version: string) => compareGoVersions(version, floor) >= 0;

/** Where a pin stands, in words: `/src/app/go.mod:3`, or `the configuration`. */
export function pinPlace({ path, line = 0 }: Pick<PinDemand, 'path' | 'line'>): string {
  if (path === '') return 'the configuration';
  return line === 0 ? path : `${path}:${line}`;
}

const pinDemand = (pin: PinDemand): Demand => ({
  words: `${pinPlace(pin)} asks for ${pin.kind === 'floor' ? 'at least ' : ''}go${pin.version}`,
  isMet: (version) => !evaluatePin(pin, version).deviates,
});

/**
 * What is asked of the Go that builds: by every pin, by the go line, by that of the file of -modfile and of what is imported, by `floor` (a version
 * without `go`, `''` for none), and by the baseline unless it is outdated by those.
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

/** What a Go of this version would not meet, in words; undefined where it meets everything. */
export function unmetDemand(world: World, version: string, floor = ''): string | undefined {
  return demandsOf(world, floor).find(({ isMet }) => !isMet(version))?.words;
}

const isRelease = ({ version }: { readonly version: string }) => parseGoVersion(version)?.kind === '';

/** The newest of several, a release before any pre-release; the first of those that are alike. */
export function newest<T extends { readonly version: string }>(sdks: readonly T[]): T | undefined {
  const releases = sdks.filter(isRelease);
  return (releases.length === 0 ? sdks : releases).reduce<T | undefined>(
    (best, sdk) => (best === undefined || compareGoVersions(sdk.version, best.version) > 0 ? sdk : best),
    undefined,
  );
}

/** What else a directory of programs would put in the place of another one if it came first on PATH, in words; undefined where it would nothing. */
export function displacement({ bin, displaces }: Sdk): string | undefined {
  return displaces === undefined
    ? undefined
    : `${displaces} of ${bin} would answer in place of another one, too`;
}

/** Why builds would not be as they are asked to be with this SDK first on PATH, in words; undefined where they would. */
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
 * Why builds are worse off in the world after a command than in the one before it, in words; undefined where they are not. `choosesGo`: what
 * the command is for is another Go, so that nothing is won while no build passes.
 */
export function worseOff(before: World, after: World, choosesGo: boolean): string | undefined {
  const [stopped, stops] = [stopsBuilds(before), stopsBuilds(after)];
  // Of two faults of a setting the one that has no meaning at all goes first.
  const isNonsense = before.toolchain?.selection?.outcome === 'invalid';
  if (stops !== undefined) return stopped === undefined || (choosesGo && !isNonsense) ? stops : undefined;
  const { outcome, wanted } = after.toolchain?.selection ?? {};
  if (outcome === 'download' && stopped === undefined && before.toolchain?.selection?.outcome !== 'download')
    return `go would have to download ${wanted}, which is not here`;
  const [was, is] = [buildingVersion(before), buildingVersion(after)];
  // What the go before did not meet either is no reason.
  return demandsOf(after).find(({ isMet }) => was !== '' && isMet(was) && !isMet(is))?.words;
}

/** The newest SDK of this host with which builds meet everything, and use at least `floor`; undefined without one. */
export function fittingSdk(world: World, floor = ''): Sdk | undefined {
  const { installed = [] } = world.toolchain ?? {};
  return newest(installed.filter((sdk) => unfit(world, sdk, floor) === undefined));
}

/** The SDK in words, to follow what is asked for: the one that fits, or why the newest that is here does not; '' where none is new enough. */
export function sdkWords(world: World, floor = ''): string {
  const sdk = fittingSdk(world, floor);
  if (sdk !== undefined) return ` (found: ${sdk.bin} with go${sdk.version})`;
  const other = newest((world.toolchain?.installed ?? []).filter(({ version }) => isAtLeast(floor)(version)));
  if (other === undefined) return '';
  return ` (not ${other.bin} with go${other.version}: ${unfit(world, other, floor)})`;
}

/** Putting the SDK that fits first on PATH as a command, as a spreadable property; nothing without one. */
export function sdkFix(world: World, floor = ''): { readonly fix?: Fix } {
  const sdk = fittingSdk(world, floor);
  return sdk === undefined ? {} : { fix: { action: 'prepend-path', directory: sdk.bin } };
}
