/**
 * Finds the largest version part in which two entries of a tool differ: `v0.22.0 go1.27.4 h1:…` of a Go
 * program, or the version line of a compiler.
 */
import { moduleVersionPart } from '../go/semver.ts';

interface ToolEntry {
  readonly version: string;
  readonly sum: string;
}

function readEntry(value: string): ToolEntry {
  const words = value.split(' ');
  const sum = words.find((word) => /^(h1|sha256):/.test(word)) ?? '';
  const first = words[0] ?? '';
  // A compiler's version line begins with a name and has the number further on: gcc (Debian 12.2.0-14)
  // 12.2.0.
  const version = /^v?\d/.test(first) ? first : (words.findLast((word) => /^\d+\.\d+/.test(word)) ?? first);
  return { version: version.startsWith('v') ? version : `v${version}`, sum };
}

/**
 * Returns the largest version part that differs. `same`: other code at the same version, shown by another
 * checksum.
 */
export function toolPart(old: string, value: string): 'major' | 'minor' | 'patch' | 'same' {
  const a = readEntry(old);
  const b = readEntry(value);
  const part = moduleVersionPart(a.version, b.version);
  if (part !== 'none') return part;
  // The same source built by another Go, or without a recorded checksum; or a compiler of the same version in
  // another package.
  return a.sum !== '' && b.sum !== '' && a.sum !== b.sum ? 'same' : 'patch';
}
