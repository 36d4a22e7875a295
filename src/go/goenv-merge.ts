/**
 * Puts variables of a GOENV file back to what an older copy of the file says, and leaves every other line alone: what somebody set
 * since then is not what was to be undone. On bytes, for a file may hold anything, and what was copied must come back as it was.
 */
import { maxNameBytes } from './goenv.ts';

const newline = 0x0a;
const equals = 0x3d;

/** A line with the newline that ends it, where there is one, and the name that it sets (as cmd/go reads it: begins with A-Z, has a =). */
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

/** The last line of a file may have no end; in the middle of another one it needs it. */
const ended = (line: Uint8Array) => (line.at(-1) === newline ? line : joined([line, Uint8Array.of(newline)]));

/** Lines of a file by the name that they set; what sets nothing is left out. */
function byName(lines: readonly Line[]): ReadonlyMap<string, readonly Uint8Array[]> {
  const found = new Map<string, Uint8Array[]>();
  for (const { name, bytes } of lines) {
    if (name === undefined) continue;
    const same = found.get(name);
    // A file may hold a million lines of one name: none of them is copied again.
    if (same === undefined) found.set(name, [bytes]);
    else same.push(bytes);
  }
  return found;
}

const sameBytes = (a: Uint8Array, b: Uint8Array) =>
  a.length === b.length && a.every((byte, at) => byte === b[at]);

/** Names that two copies of a GOENV file set by other lines, in the order in which they appear. */
export function differingNames(approved: Uint8Array, current: Uint8Array): readonly string[] {
  const [was, is] = [byName(linesOf(approved)), byName(linesOf(current))];
  const text = (lines: readonly Uint8Array[] = []) => joined(lines.map(ended));
  return [...new Set([...was.keys(), ...is.keys()])].filter(
    (name) => !sameBytes(text(was.get(name)), text(is.get(name))),
  );
}

/**
 * The current file with every line that sets one of `names` as the approved copy has it. Where nothing else differs that is the approved copy,
 * byte for byte; else a variable stays at the place of its first line, and one that is gone comes to the end.
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
