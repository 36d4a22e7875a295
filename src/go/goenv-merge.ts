/**
 * Restores chosen variables of a GOENV file from an older copy and leaves every other line alone: settings
 * that a user made since then must survive. Works on bytes, because a file may hold any bytes and they must
 * be restored exactly.
 */
import { maxNameBytes } from './goenv.ts';

const newline = 0x0a;
const equals = 0x3d;

/**
 * A line including its newline, if it has one, and the name that it sets (as cmd/go reads it: begins with A-Z
 * and holds a =).
 */
interface Line {
  readonly bytes: Uint8Array;
  readonly name?: string;
}

function linesOf(file: Uint8Array): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < file.length; ) {
    const found = file.indexOf(newline, start);
    const end = found < 0 ? file.length : found + 1;
    const bytes = file.subarray(start, end);
    const split = bytes.indexOf(equals);
    const first = bytes[0] ?? 0;
    const isSetting = split > 0 && split <= maxNameBytes && first >= 0x41 && first <= 0x5a;
    lines.push(isSetting ? { bytes, name: String.fromCharCode(...bytes.subarray(0, split)) } : { bytes });
    start = end;
  }
  return lines;
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lines.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const line of lines) {
    whole.set(line, at);
    at += line.length;
  }
  return whole;
}

/**
 * Returns the line with a newline at its end: the last line of a file may lack one, and needs it when lines
 * follow.
 */
const ended = (line: Uint8Array) => (line.at(-1) === newline ? line : joined([line, Uint8Array.of(newline)]));

/** Groups the lines of a file by the name that they set; lines that set nothing are left out. */
function byName(lines: readonly Line[]): ReadonlyMap<string, readonly Uint8Array[]> {
  const found = new Map<string, Uint8Array[]>();
  for (const { name, bytes } of lines) {
    if (name === undefined) continue;
    const same = found.get(name);
    // Push instead of copying the array: a file may hold a million lines of one name.
    if (same === undefined) found.set(name, [bytes]);
    else same.push(bytes);
  }
  return found;
}

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/**
 * Returns the names whose lines differ between two copies of a GOENV file, in the order of their appearance.
 */
export function differingNames(approved: Uint8Array, current: Uint8Array): readonly string[] {
  const [was, is] = [byName(linesOf(approved)), byName(linesOf(current))];
  const text = (lines: readonly Uint8Array[] = []) => joined(lines.map(ended));
  return [...new Set([...was.keys(), ...is.keys()])].filter(
    (name) => !sameBytes(text(was.get(name)), text(is.get(name))),
  );
}

/**
 * Returns the current file with the lines of `names` replaced by those of the approved copy. If nothing else
 * differs, the result is the approved copy, byte for byte. Otherwise a variable stays at the place of its
 * first current line, and a variable that was removed is appended.
 */
export function restoreNames(
  approved: Uint8Array,
  current: Uint8Array,
  names: ReadonlySet<string>,
): Uint8Array {
  const was = byName(linesOf(approved));
  const rest = (file: Uint8Array) =>
    joined(
      linesOf(file)
        .filter(({ name }) => name === undefined || !names.has(name))
        .map(({ bytes }) => ended(bytes)),
    );
  if (sameBytes(rest(approved), rest(current))) return approved;
  const placed = new Set<string>();
  const put = (name: string) => {
    if (placed.has(name)) return [];
    placed.add(name);
    return was.get(name) ?? [];
  };
  const lines = linesOf(current).flatMap(({ name, bytes }) =>
    name !== undefined && names.has(name) ? put(name) : [bytes],
  );
  const missing = [...names].flatMap(put);
  const all = [...lines, ...missing];
  return joined(
    all.map((line, index) => (index === all.length - 1 && missing.length === 0 ? line : ended(line))),
  );
}
