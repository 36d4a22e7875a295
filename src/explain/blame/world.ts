/**
 * Describes a world as the operations that turn the present one into it: the combined changes of several
 * atoms. Pure.
 */
import { parseGoenv } from '../../go/goenv.ts';
import { restoreNames } from '../../go/goenv-merge.ts';
import { restoreSums } from '../../go/gosum-merge.ts';
import { restoreDirectives } from '../../go/modfile-merge.ts';
import type { Atom, Change } from './atom.ts';

/** Writes, links or removes one path. */
export type FileOperation = Of<'write' | 'link' | 'remove'>;

/** One operation; operations are carried out in order. */
export type Operation = FileOperation | Of<'tree' | 'command'>;

/** The environment and the operations of a world. */
export interface World {
  readonly env: ReadonlyMap<string, string>;
  readonly operations: readonly Operation[];
}

type Of<Kind extends Change['do']> = Extract<Change, { do: Kind }>;

const newline = 0x0a;

/** Returns a file without some of its lines; numbers from 1. */
export function withoutLines(bytes: Uint8Array, numbers: ReadonlySet<number>): Uint8Array {
  const kept: Uint8Array[] = [];
  let number = 1;
  for (let start = 0; start < bytes.length; number++) {
    const found = bytes.indexOf(newline, start);
    const end = found < 0 ? bytes.length : found + 1;
    if (!numbers.has(number)) kept.push(bytes.subarray(start, end));
    start = end;
  }
  const whole = new Uint8Array(kept.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const line of kept) {
    whole.set(line, at);
    at += line.length;
  }
  return whole;
}

function ofKind<Kind extends Change['do']>(changes: readonly Change[], kind: Kind): readonly Of<Kind>[] {
  return changes.filter((change): change is Of<Kind> => change.do === kind);
}

function byPath<T extends { readonly path: string }>(
  changes: readonly T[],
): readonly (readonly [T, ...T[]])[] {
  const found = new Map<string, [T, ...T[]]>();
  for (const change of changes) {
    const known = found.get(change.path);
    if (known === undefined) found.set(change.path, [change]);
    else known.push(change);
  }
  return [...found.values()];
}

/** Combines the changes to settings files, one operation per file. */
function settingsOf(changes: readonly Change[]): readonly Operation[] {
  const restored = byPath(ofKind(changes, 'settings')).map((all): FileOperation => {
    const [{ path, was, now, mode }] = all;
    const bytes = restoreNames(was ?? new Uint8Array(), now, new Set(all.map(({ name }) => name)));
    if (was === undefined && bytes.length === 0) return { do: 'remove', path };
    return { do: 'write', path, bytes, mode };
  });
  const cut = byPath(ofKind(changes, 'lines')).map((all): FileOperation => {
    const [{ path, now, mode }] = all;
    const numbers = new Set(all.flatMap(({ lines }) => lines));
    return { do: 'write', path, bytes: withoutLines(now, numbers), mode };
  });
  // A file restored from its approved copy needs no lines removed.
  const known = new Set(restored.map(({ path }) => path));
  return [...restored, ...cut.filter(({ path }) => !known.has(path))];
}

/** Combines the changes to go.mod, go.work and their checksum files, one operation per file. */
function moduleFilesOf(changes: readonly Change[]): readonly FileOperation[] {
  const restored = byPath(ofKind(changes, 'directives')).map((all): FileOperation => {
    const [{ path, file, was, now, mode }] = all;
    const ids = new Set(all.flatMap((one) => one.ids));
    return { do: 'write', path, bytes: restoreDirectives(was, now, file, ids), mode };
  });
  const sums = byPath(ofKind(changes, 'sums')).map((all): FileOperation => {
    const [{ path, was, now, mode }] = all;
    const keys = new Set(all.flatMap((one) => one.keys));
    return { do: 'write', path, bytes: restoreSums(was, now, keys), mode };
  });
  return [...restored, ...sums];
}

/** Returns the process environment without the changes that some atoms made. */
function environmentOf(
  present: ReadonlyMap<string, string>,
  changes: readonly Change[],
): ReadonlyMap<string, string> {
  const env = new Map(present);
  for (const { name, value } of ofKind(changes, 'process')) {
    if (value === undefined) env.delete(name);
    else env.set(name, value);
  }
  const first = ofKind(changes, 'path').map(({ directory }) => directory);
  if (first.length > 0) env.set('PATH', [...first, ...(env.has('PATH') ? [env.get('PATH')] : [])].join(':'));
  return env;
}

/** Appends flags to GOFLAGS, where the last flag of a name wins. */
function withFlags(
  env: ReadonlyMap<string, string>,
  flags: readonly Of<'flag'>[],
  files: readonly Operation[],
): ReadonlyMap<string, string> {
  const [first] = flags;
  if (first === undefined) return env;
  const file = files.find((one) => one.do !== 'command' && one.path === first.goenv);
  const bytes = file === undefined ? first.now : file.do === 'write' ? file.bytes : new Uint8Array();
  const line = parseGoenv(bytes).effective.get('GOFLAGS')?.value;
  const before = env.get('GOFLAGS') || line || first.otherwise;
  const all = [...(before === '' ? [] : [before]), ...new Set(flags.map(({ flag }) => flag))];
  return new Map([...env, ['GOFLAGS', all.join(' ')]]);
}

/** Returns the world without these atoms and parts of atoms. */
export function worldWithout(
  present: ReadonlyMap<string, string>,
  absent: readonly Pick<Atom, 'changes'>[],
): World {
  const changes = absent.flatMap((atom) => atom.changes);
  const settings = settingsOf(changes);
  return {
    env: withFlags(environmentOf(present, changes), ofKind(changes, 'flag'), settings),
    operations: [
      ...settings,
      ...moduleFilesOf(changes),
      ...ofKind(changes, 'remove'),
      ...ofKind(changes, 'write'),
      ...ofKind(changes, 'link'),
      ...ofKind(changes, 'tree'),
      // A repair must run in the world that it repairs, so commands come last.
      ...ofKind(changes, 'command'),
    ],
  };
}
