/**
 * Pins: versions that the project's files demand of the toolchain, and whether the effective version
 * satisfies them (design §5).
 */
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
  /** `exact`: to the precision of `version`. `floor`: any newer version is fine, as with Go's own go line. */
  readonly kind: 'exact' | 'floor';
  /** Without the `go` prefix: `1.26`, `1.26.1`, `1.27rc1`. */
  readonly version: string;
  /**
   * Other versions that satisfy the pin: `.tool-versions` and mise.toml may list several, the preferred one
   * first.
   */
  readonly others?: readonly string[];
  readonly path: string;
  /** From 1; 0 if there is none. */
  readonly line: number;
}

export interface PinVerdict {
  readonly deviates: boolean;
  /** Level of the largest version part that differs; a pre-release counts as a patch. */
  readonly level: Level;
  /**
   * Effective minus pinned, by part: non-zero only in the largest part that differs. Negative if the
   * effective version is older.
   */
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
 * Reports whether a version matches an exact pin, to the precision of the pin: `1` is any 1.x, `1.26` any
 * 1.26.x including pre-releases, `1.26.8` and `1.26rc1` only themselves. (Go itself reads `1.20` as the
 * release 1.20.0; users who pin it mean any 1.20.x.)
 */
function matches(pin: string, version: string): boolean {
  if (/^\d+$/.test(pin)) return parseGoVersion(version)?.major === pin;
  if (/^\d+\.\d+$/.test(pin))
    return languageVersion(version) === languageVersion(pin) && languageVersion(pin) !== '';
  return parseGoVersion(pin) !== undefined && compareGoVersions(pin, version) === 0;
}

/**
 * Evaluates a pin for the toolchain that builds here. If the pin or the version is not a valid version, it
 * deviates as a whole.
 */
export function evaluatePin(pin: Pick<Pin, 'kind' | 'version' | 'others'>, effective: string): PinVerdict {
  const met =
    pin.kind === 'floor'
      ? compareGoVersions(effective, pin.version) >= 0
      : [pin.version, ...(pin.others ?? [])].some((version) => matches(version, effective));
  if (met) return holds;
  const part = versionPart(effective, pin.version);
  const level = part === 'major' ? 'major' : part === 'minor' ? 'minor' : 'patch';
  const numbers = versionDelta(effective, pin.version).find((one) => one.part === level)?.deviation;
  // Two pre-releases differ in no number; the comparison still tells which is newer.
  const delta = numbers || compareGoVersions(effective, pin.version);
  // Hand-written versions may contain numbers of any size, but a metric sample cannot hold larger ones
  // exactly.
  const value = Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, delta));
  return {
    deviates: true,
    level,
    deviation: holds.deviation.map((row) => (row.part === level ? { part: level, value } : row)),
  };
}
