/** Pins: what the project's own files demand of the toolchain, and whether the effective one satisfies them (design §5). */
import type { Level } from '../catalog/facets.ts';
import {
  compareGoVersions,
  languageVersion,
  parseGoVersion,
  versionDelta,
  versionPart,
} from '../go/version.ts';

export interface Pin {
  readonly source:
    | '.go-version'
    | '.tool-versions'
    | 'mise.toml'
    | 'go.mod'
    | 'go.work'
    | 'toolchain line'
    | 'config';
  readonly rule:
    | 'pin-go-version'
    | 'pin-tool-versions'
    | 'pin-mise-toml'
    | 'pin-go-mod'
    | 'pin-toolchain-line'
    | 'pin-go-work'
    | 'pin-config';
  /** `exact` to the precision that `version` gives; a `floor` is met by anything newer, as Go reads its go line. */
  readonly kind: 'exact' | 'floor';
  /** Without the `go` prefix: `1.26`, `1.26.1`, `1.27rc1`. */
  readonly version: string;
  /** Others that satisfy it as well: `.tool-versions` and mise.toml may list several, the preferred one first. */
  readonly others?: readonly string[];
  readonly path: string;
  /** From 1; 0 where there is none. */
  readonly line: number;
}

export interface PinVerdict {
  readonly deviates: boolean;
  /** That of the largest part that differs; a pre-release counts as a patch. */
  readonly level: Level;
  /** Effective minus pinned, by part: the largest part that differs, the others 0. What a floor misses is negative. */
  readonly deviation: readonly { readonly part: 'major' | 'minor' | 'patch'; readonly value: number }[];
}

const holds: PinVerdict = {
  deviates: false,
  level: 'none',
  deviation: [
    { part: 'major', value: 0 },
    { part: 'minor', value: 0 },
    { part: 'patch', value: 0 },
  ],
};

/**
 * Whether a version is what an exact pin names, to the precision that its text gives: `1` is any 1.x, `1.26` any 1.26.x and its
 * pre-releases, `1.26.8` and `1.26rc1` themselves. (To Go itself `1.20` is the release 1.20.0; to people who pin it is not.)
 */
function matches(pin: string, version: string): boolean {
  if (/^\d+$/.test(pin)) return parseGoVersion(version)?.major === pin;
  if (/^\d+\.\d+$/.test(pin))
    return languageVersion(version) === languageVersion(pin) && languageVersion(pin) !== '';
  return parseGoVersion(pin) !== undefined && compareGoVersions(pin, version) === 0;
}

/** The verdict on a pin for the toolchain that a build here uses. A pin or a version that is no version deviates as a whole. */
export function evaluatePin(pin: Pick<Pin, 'kind' | 'version' | 'others'>, effective: string): PinVerdict {
  const met =
    pin.kind === 'floor'
      ? compareGoVersions(effective, pin.version) >= 0
      : [pin.version, ...(pin.others ?? [])].some((version) => matches(version, effective));
  if (met) return holds;
  const part = versionPart(effective, pin.version);
  const level = part === 'major' ? 'major' : part === 'minor' ? 'minor' : 'patch';
  const numbers = versionDelta(effective, pin.version).find((one) => one.part === level)?.deviation;
  // Two pre-releases have no number that differs; the order still says which way.
  const delta = numbers || compareGoVersions(effective, pin.version);
  // Hand-written versions may hold numbers of any size; a sample holds none beyond this exactly.
  const value = Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, delta));
  return {
    deviates: true,
    level,
    deviation: holds.deviation.map((row) => (row.part === level ? { part: level, value } : row)),
  };
}
