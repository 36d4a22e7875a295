/** The narrowest way to a Go that satisfies a pin: one that heals, as the go that is started may switch to another. */
import { cachedToolchain } from '../go/toolchain-files.ts';
import { compareGoVersions } from '../go/version.ts';
import { effectiveValue, startedVersion, type World } from './conflicts/rule.ts';
import { wayAroundGotoolchain } from './conflicts/toolchain.ts';
import type { Finding } from './model.ts';
import { evaluatePin, type Pin } from './pins.ts';

type Asked = Pick<Pin, 'kind' | 'version' | 'others' | 'path'>;
type Way = Pick<Finding, 'repair' | 'fix'>;

/** Whether GOTOOLCHAIN=goX gets that Go: it lies in the module cache, or may be downloaded. */
function canBeNamed(world: World, bin: string): boolean {
  const goroot = bin.replace(/\/bin$/, '');
  return cachedToolchain(goroot) !== undefined || effectiveValue(world, 'GOPROXY') !== 'off';
}

/**
 * Where a line of the project asks for a toolchain that the pin does not take: whatever is put first on PATH switches to it, and any command
 * would break the one or the other.
 */
function contradiction(pin: Asked, world: World, fit: string | undefined): Way | undefined {
  const { selection, project } = world.toolchain ?? {};
  const { cause, wanted = '' } = selection ?? {};
  if (typeof cause !== 'object' || !evaluatePin(pin, wanted.replace(/^go/, '')).deviates) return undefined;
  const words = `${cause.file}:${cause.line} asks for ${wanted}, which contradicts ${pin.path || 'the pin'}: correct one of them`;
  const started = startedVersion(world);
  const starts = started !== '' && !evaluatePin(pin, started).deviates;
  const version = starts ? started : fit;
  // Go refuses a toolchain that is older than the go line.
  if (version === undefined || compareGoVersions(project?.go ?? '', version) > 0) return { repair: words };
  const first = starts ? '' : `put go${version} first on PATH and `;
  return { repair: `${words}, or ${first}run with GOTOOLCHAIN=local` };
}

/** The way in words and, where it is one, as a command. */
export function repairPin(pin: Asked, world: World): Way {
  const { installed = [] } = world.toolchain ?? {};
  const started = startedVersion(world);
  // The go that is first on PATH would do: what GOTOOLCHAIN names is taken in its place.
  const around = started !== '' && !evaluatePin(pin, started).deviates;
  const way = around ? wayAroundGotoolchain(world, started) : undefined;
  if (way !== undefined) return way;
  const fit = installed.find(
    (sdk) => sdk.version === pin.version || sdk.version.startsWith(`${pin.version}.`),
  );
  const other = contradiction(pin, world, fit?.version);
  if (other !== undefined) return other;
  if (fit === undefined) return { repair: `put a go${pin.version} first on PATH` };
  const or = canBeNamed(world, fit.bin) ? `, or run with GOTOOLCHAIN=go${fit.version}` : '';
  return {
    repair: `put a go${pin.version} first on PATH (found: ${fit.bin})${or}`,
    fix: { action: 'prepend-path', directory: fit.bin },
  };
}
