/**
 * Atoms of variables that no file restores: those of the process environment, and which go PATH finds first.
 */
import path from 'node:path';
import { goenvCommand } from '../../drift/goenv-lines.ts';
import { localPath, type PathRoots } from '../../drift/portable.ts';
import { nameOfEntry } from '../../drift/secret-entries.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { Fixed } from '../../explain/blame/atom.ts';
import { redacted } from '../../go/redacted.ts';
import { readFile, stampOf } from '../../host/files.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';
import type { EntryDifference } from '../rollback/request.ts';
import type { Unweighed } from './file-atoms.ts';

/** Input for the atoms of variables. */
export interface VariableQuestion {
  readonly differences: readonly EntryDifference[];
  /** The environment in which the command runs. */
  readonly process: ReadonlyMap<string, string>;
  /** Values that the approved files set, by name; empty for a comparison without files. */
  readonly approvedFiles: ReadonlyMap<string, string>;
  /** Variables whose lines in files are already atoms. */
  readonly inFiles: ReadonlySet<string>;
  readonly roots: PathRoots;
}

/** An escape sequence of a character that is not shown, so that the original value is unknown. */
const escaped = /\\(?:u[0-9a-f]{4}|[bfnrt])/;

/** Returns the approved value with the paths of this machine; undefined where it is unknown. */
function approvedValue(expected: string, roots: PathRoots): string | undefined {
  const value = localPath(expected, roots);
  return value === undefined || value.includes(redacted) || escaped.test(value) ? undefined : value;
}

/**
 * Returns the atom of a variable in a GOENV file of which no approved copy exists. A world without it removes
 * the lines, and sets the approved value in the process environment.
 */
function lineAtom(
  name: string,
  shown: Pick<Unweighed, 'key' | 'from' | 'to'>,
  origin: EntryDifference['origin'],
  before: string | undefined,
): Unweighed | undefined {
  if (origin?.kind !== 'goenv' || origin.path === undefined) return undefined;
  if (shown.from !== undefined && before === undefined) return undefined;
  const read = readFile({ root: '/', path: origin.path });
  if (!read.ok) return undefined;
  return {
    id: `line ${name}`,
    facet: 'env',
    kind: 'difference',
    title: name,
    ...shown,
    origin,
    changes: [
      { do: 'settings', path: origin.path, name, was: new Uint8Array(), now: read.bytes, mode: 0o600 },
      ...(before === undefined ? [] : [{ do: 'process', name, value: before } as const]),
    ],
    repair: goenvCommand(name, before === undefined ? undefined : publicValue(name, before)),
  };
}

/**
 * Returns the atom of one variable; `fixed` where its approved value is unknown; neither where the process
 * environment does not change it.
 */
function ofVariable(
  { key, expected, actual, origin }: EntryDifference,
  question: VariableQuestion,
): { readonly atom?: Unweighed; readonly fixed?: Fixed } {
  const name = nameOfEntry(key);
  const { process, approvedFiles, inFiles, roots } = question;
  const here = process.get(name) ?? '';
  const before = expected === undefined ? undefined : approvedValue(expected, roots);
  const shown = {
    key: `env.${name}`,
    ...(expected === undefined ? {} : { from: expected }),
    ...(actual === undefined ? {} : { to: actual }),
  };
  const line = here === '' && !inFiles.has(name) ? lineAtom(name, shown, origin, before) : undefined;
  if (line !== undefined) return { atom: line };
  const byFiles = approvedFiles.get(name);
  // A value that an approved file set is restored with that file.
  const isOfFiles = byFiles !== undefined && (byFiles === before || publicValue(name, byFiles) === expected);
  if (here === '' && (isOfFiles || expected === undefined))
    return inFiles.has(name) || expected !== undefined
      ? {}
      : { fixed: { ...shown, why: 'it follows from what is installed here' } };
  if (expected !== undefined && !isOfFiles && before === undefined)
    return { fixed: { ...shown, why: 'its approved value was not stored' } };
  const value = expected === undefined || isOfFiles ? undefined : before;
  return {
    atom: {
      id: `process ${name}`,
      facet: 'env',
      kind: 'difference',
      title: name,
      ...shown,
      origin: origin ?? { kind: 'process' },
      changes: [{ do: 'process', name, ...(value === undefined ? {} : { value }) }],
      repair: value === undefined ? `unset ${name}` : `export ${name}=${shellWord(publicValue(name, value))}`,
    },
  };
}

/** Returns one atom for each differing variable. */
export function variableAtoms(question: VariableQuestion): {
  readonly atoms: readonly Unweighed[];
  readonly fixed: readonly Fixed[];
} {
  const all = question.differences.map((difference) => ofVariable(difference, question));
  const atoms = new Map(all.flatMap(({ atom }) => (atom === undefined ? [] : [[atom.id, atom] as const])));
  return { atoms: [...atoms.values()], fixed: all.flatMap(({ fixed }) => fixed ?? []) };
}

/**
 * Returns the atom for the go that PATH found first when the record was made, if PATH finds another one now
 * and the old one still exists.
 */
export function toolchainAtom(
  approved: Entries,
  present: { readonly goroot?: string; readonly version?: string },
  roots: PathRoots,
): Unweighed | undefined {
  if (approved.get('toolchain.origin') !== 'local') return undefined;
  const goroot = localPath(approved.get('toolchain.goroot') ?? '', roots);
  if (goroot === undefined || !goroot.startsWith('/') || goroot === present.goroot) return undefined;
  const directory = path.join(goroot, 'bin');
  if (stampOf({ root: '/', path: path.join(directory, 'go') }) === undefined) return undefined;
  const version = approved.get('toolchain.version') ?? '';
  return {
    id: 'path go',
    facet: 'toolchain',
    key: 'toolchain.version',
    kind: 'difference',
    title: 'the go that PATH finds first',
    from: `go${version} of ${goroot}`,
    to: present.goroot === undefined ? 'none' : `go${present.version ?? '?'} of ${present.goroot}`,
    origin: { kind: 'process' },
    changes: [{ do: 'path', directory }],
    repair: `export PATH=${shellWord(directory)}:"$PATH"`,
  };
}
