/** Atoms of files: entries of the approved record that differ from what is there now. */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { goenvCommand } from '../../drift/goenv-lines.ts';
import type { Origin } from '../../drift/model.ts';
import type { Atom, Change, Fixed } from '../../explain/blame/atom.ts';
import { parseGoenv } from '../../go/goenv.ts';
import { differingNames } from '../../go/goenv-merge.ts';
import { isSameEntry, type ReadEntry } from '../../host/entry-state.ts';
import { publicValue } from '../../observe/collectors/env/env.ts';
import { type ApprovedEntry, type ApprovedRole, isSettingsRole } from '../../store/approved/record.ts';
import { entryPath } from '../../undo/plan.ts';
import { readPresent } from '../rollback/prepare.ts';

/** An atom without its likelihood. */
export type Unweighed = Omit<Atom, 'likelihood'>;

/** An entry of the record whose file differs now. */
interface Differing {
  readonly entry: ApprovedEntry;
  readonly file: string;
  /** Undefined where it cannot be read. */
  readonly now?: ReadEntry;
}

/** Returns the entries of a record that differ now. An entry that cannot be read counts as different. */
export async function differingEntries(entries: readonly ApprovedEntry[]): Promise<readonly Differing[]> {
  const found: Differing[] = [];
  for (const entry of entries) {
    const file = path.join(entry.directory, entry.name);
    try {
      const present = await readPresent({ entries: [entry] });
      const now = present.entries.get(entryPath(entry));
      if (now === undefined || isSameEntry(now.state, entry.state)) continue;
      found.push({ entry, file, now });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      found.push({ entry, file });
    }
  }
  return found;
}

/**
 * Returns the change that restores a whole file. It does not change owners: a world belongs to the user who
 * runs it.
 */
function wholeChange({ entry: { state }, file }: Differing, bytes: (digest: string) => Uint8Array): Change {
  if (state.kind === 'absent') return { do: 'remove', path: file };
  if (state.kind === 'link') return { do: 'link', path: file, to: state.to };
  return { do: 'write', path: file, bytes: bytes(state.sha256), mode: state.mode };
}

/** Returns the effective line of a variable in a settings file, redacted. */
function shownLine(role: ApprovedRole, bytes: Uint8Array, name: string) {
  const file = parseGoenv(bytes);
  const found = (role === 'goenv' ? file.effective : file.first).get(name);
  return found === undefined ? {} : { value: publicValue(name, found.value), line: found.line };
}

/**
 * Returns the manual repair of one line. A rollback leaves such a line alone, because it would not restore
 * the approved value.
 */
function lineRepair(name: string, before: string | undefined, { kind, path }: Origin): string {
  if (kind !== 'goenv') return `put ${name} in ${path} back to ${before ?? 'nothing'}`;
  return goenvCommand(name, before);
}

/**
 * Returns one atom for each variable of a settings file that differs. A file that is a regular file on
 * neither side, or cannot be read, is one atom.
 */
function settingsAtoms(
  one: Differing,
  bytes: (digest: string) => Uint8Array,
  ofProcess: ReadonlySet<string>,
): readonly Unweighed[] {
  const { entry, file, now } = one;
  const { state, role } = entry;
  const isLines =
    (state.kind === 'file' || state.kind === 'absent') &&
    (now?.state.kind === 'file' || now?.state.kind === 'absent');
  const was = state.kind === 'file' ? bytes(state.sha256) : new Uint8Array();
  const is = now?.bytes ?? new Uint8Array();
  const names = isLines ? differingNames(was, is) : [];
  if (names.length === 0) return [wholeAtom('env', one, bytes, `the permissions of ${entry.path}`)];
  const mode = now?.state.kind === 'file' ? now.state.mode : state.kind === 'file' ? state.mode : 0o644;
  return names.map((name): Unweighed => {
    const [before, after] = [shownLine(role, was, name), shownLine(role, is, name)];
    const origin: Origin = {
      kind: role === 'goenv' ? 'goenv' : 'goroot',
      path: entry.path,
      ...(after.line === undefined ? {} : { line: after.line }),
    };
    return {
      id: `${role} ${entry.path} ${name}`,
      facet: 'env',
      key: `env.${name}`,
      kind: 'difference',
      title: name,
      ...(before.value === undefined ? {} : { from: before.value }),
      ...(after.value === undefined ? {} : { to: after.value }),
      origin,
      changes: [
        { do: 'settings', path: file, name, now: is, mode, ...(state.kind === 'file' ? { was } : {}) },
      ],
      repair: ofProcess.has(name) ? lineRepair(name, before.value, origin) : `godrift rollback --key ${name}`,
    };
  });
}

const kindOf = (state: { readonly kind: string } | undefined) =>
  state === undefined ? 'unreadable' : state.kind === 'absent' ? 'not there' : `a ${state.kind}`;

function wholeAtom(
  facet: Facet,
  one: Differing,
  bytes: (digest: string) => Uint8Array,
  title: string,
): Unweighed {
  const { entry, now } = one;
  const [from, to] = [entry.state, now?.state].map((state) =>
    state?.kind === 'link' ? state.to : kindOf(state),
  );
  return {
    id: `${facet} ${entry.path}`,
    facet,
    key: facet === 'toolchain' ? 'toolchain.link' : `${facet}.${entry.name}`,
    kind: 'difference',
    title,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    origin: { kind: 'file', path: entry.path },
    changes: [wholeChange(one, bytes)],
    repair: `godrift rollback --facet ${facet}`,
  };
}

const sets: readonly (readonly [roles: readonly ApprovedRole[], key: string])[] = [
  [['go.work', 'go.work.sum'], 'modules.go_work'],
  [['go.mod', 'go.sum'], 'modules.go_mod'],
  [['vendor'], 'modules.vendor'],
];

/**
 * Returns one atom for each group of project files that only make sense together: go.mod with go.sum, of all
 * modules of a workspace.
 */
function projectAtoms(
  differing: readonly Differing[],
  bytes: (digest: string) => Uint8Array,
): readonly Unweighed[] {
  return sets.flatMap(([roles, key]) => {
    const all = differing.filter(({ entry }) => roles.includes(entry.role));
    const [first] = all;
    if (first === undefined) return [];
    const names = [...new Set(all.map(({ entry }) => entry.path))];
    const title =
      key === 'modules.vendor'
        ? `the vendor directory (${names.length} files)`
        : names.slice(0, 3).join(', ') + (names.length > 3 ? ` and ${names.length - 3} more` : '');
    const [from, to] = all.length === 1 ? [first.entry.state, first.now?.state].map(kindOf) : [];
    return [
      {
        id: key,
        facet: 'modules',
        key,
        kind: 'difference',
        title,
        ...(from === undefined || from === to ? {} : { from }),
        ...(to === undefined || from === to ? {} : { to }),
        origin: { kind: 'file', path: first.entry.path },
        changes: all.map((one) => wholeChange(one, bytes)),
        repair: 'godrift rollback --facet modules',
      } satisfies Unweighed,
    ];
  });
}

/**
 * Returns the atoms of differing entries. `ofProcess` holds the variables whose approved value the process
 * environment had set.
 */
export function fileAtoms(
  differing: readonly Differing[],
  bytes: (digest: string) => Uint8Array,
  ofProcess: ReadonlySet<string> = new Set(),
): { readonly atoms: readonly Unweighed[]; readonly fixed: readonly Fixed[] } {
  const usable = differing.filter(({ now }) => now?.state.kind !== 'other');
  return {
    atoms: [
      ...usable
        .filter(({ entry }) => isSettingsRole(entry.role))
        .flatMap((one) => settingsAtoms(one, bytes, ofProcess)),
      ...usable
        .filter(({ entry }) => entry.role === 'toolchain-link')
        .map((one) => wholeAtom('toolchain', one, bytes, one.entry.path)),
      ...projectAtoms(usable, bytes),
    ],
    fixed: differing
      .filter((one) => !usable.includes(one))
      .map(({ entry, now }) => ({
        key: entry.path,
        why: now?.state.kind === 'other' ? `it is ${now.state.what} now` : 'it cannot be read',
      })),
  };
}
