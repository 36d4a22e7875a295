/**
 * What a rollback would do, as data: which names change from which state to which. Pure: what was approved and what stands there now go in. Each step
 * carries its precondition (`before`) and what must hold afterwards (`after`); its way back is the same step from `after` to `before` (step.ts).
 */
import type { Facet } from '../catalog/facets.ts';
import { differingNames, restoreNames } from '../go/goenv-merge.ts';
import { scanGoLines } from '../go/gomod.ts';
import { type EntryState, isSameEntry, type ReadEntry } from '../host/entry-state.ts';
import {
  type ApprovedEntry,
  type ApprovedRecord,
  type ApprovedRole,
  isSettingsRole,
  projectRoles,
} from '../store/approved/record.ts';
import type { EntryStep, Step } from './step.ts';

/** A plan; with a refusal nothing of it is done. */
export interface Plan {
  readonly target: string;
  readonly workspace: string;
  readonly facet: Facet;
  readonly steps: readonly Step[];
  /** Bytes of the files that the steps make, by their SHA-256. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly refusals: readonly string[];
}

/** A plan that puts names of the approved record back. */
export interface EntryPlan extends Plan {
  readonly steps: readonly EntryStep[];
}

/** What stands under the names of a record now, by `directory/name`; a directory that is another one now is said by `moved`. */
export interface Present {
  readonly entries: ReadonlyMap<string, ReadEntry>;
  readonly moved: ReadonlyMap<string, string>;
  /** By the path of an entry, directories on the way that are not there, the outermost first. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

/** Which names belong to which facet. */
const rolesOf: Readonly<Partial<Record<Facet, readonly ApprovedRole[]>>> = {
  toolchain: ['toolchain-link', 'goenv', 'go.mod', 'go.work'],
  env: ['goenv', 'go.env'],
  modules: ['go.mod', 'go.sum', 'go.work', 'go.work.sum', 'vendor'],
};

/** Of the settings those that decide which toolchain runs. */
const toolchainNames: ReadonlySet<string> = new Set(['GOTOOLCHAIN', 'GOROOT']);

/** The name of an entry among those that are present. */
export const placeOf = ({ directory, name }: Pick<ApprovedEntry, 'directory' | 'name'>) =>
  `${directory === '/' ? '' : directory}/${name}`;

/** What is asked of a plan. */
export interface Asked {
  readonly facet: Facet;
  readonly record: ApprovedRecord;
  /** Bytes of a file of the record. */
  readonly approved: (digest: string) => Uint8Array;
  readonly present: Present;
  /** Of a file of settings only these variables; all of it where undefined. */
  readonly names?: ReadonlySet<string>;
  /** Variables that no file brings back to what was approved: their lines stay as they are. */
  readonly stay?: ReadonlySet<string>;
}

interface Draft {
  readonly steps: EntryStep[];
  readonly contents: Map<string, Uint8Array>;
  readonly refusals: string[];
}

/** The plan that puts the names of a facet back to what was approved. `digest` is SHA-256 in hex. */
export function planRollback(asked: Asked, digest: (bytes: Uint8Array) => string): EntryPlan {
  const { facet, record } = asked;
  const draft: Draft = { steps: [], contents: new Map(), refusals: [] };
  for (const entry of record.entries)
    if (rolesOf[facet]?.includes(entry.role) === true)
      planEntry(narrowed(asked, entry), entry, draft, digest);
  return { target: record.target, workspace: record.workspace, facet, ...draft };
}

/** For the toolchain only its own variables are put back, and nothing else that the settings say. */
const narrowed = (asked: Asked, { role }: ApprovedEntry): Asked =>
  asked.facet === 'toolchain' && role === 'goenv' ? { ...asked, names: toolchainNames } : asked;

/** Whether go.mod or go.work still has the go and toolchain lines that were approved; what else differs there is no affair of the toolchain. */
function sameGoLines(was: Uint8Array, now: Uint8Array = new Uint8Array()): boolean {
  const [one, other] = [was, now].map((bytes) => scanGoLines(new TextDecoder().decode(bytes)));
  return one?.go === other?.go && one?.toolchain === other?.toolchain;
}

function planEntry(
  { facet, approved, present, names: asked, stay }: Asked,
  entry: ApprovedEntry,
  { steps, contents, refusals }: Draft,
  digest: (bytes: Uint8Array) => string,
): void {
  const moved = present.moved.get(entry.path);
  if (moved !== undefined) {
    refusals.push(`${entry.path} was in ${entry.directory} and is in ${moved} now: put that back first`);
    return;
  }
  const now = present.entries.get(placeOf(entry));
  if (now === undefined || isSameEntry(now.state, entry.state)) return;
  if (now.state.kind === 'other') {
    refusals.push(`${entry.path} is ${now.state.what} now: see who made it`);
    return;
  }
  const { role, path, directory, name, state } = entry;
  if (facet === 'toolchain' && state.kind === 'file' && projectRoles.includes(role))
    if (sameGoLines(approved(state.sha256), now.bytes)) return;
  const names = withoutStaying(asked, stay, entry, approved, now);
  const makes = present.missing.get(path);
  // A toolchain that is gone needs no go.env: that it is gone is told by itself.
  if (role === 'go.env' && makes !== undefined) return;
  const about = {
    role,
    path,
    directory,
    name,
    before: now.state,
    ...(makes === undefined ? {} : { makes }),
  };
  if (names !== undefined && (state.kind === 'link') !== (now.state.kind === 'link')) {
    const [was, is] = [state, now.state].map(({ kind }) => (kind === 'link' ? 'a link' : 'no link'));
    refusals.push(
      `${path} was ${was} and is ${is} now: single variables cannot go back there, all of env can`,
    );
    return;
  }
  if (state.kind === 'link') {
    steps.push({ kind: 'restore-link', ...about, after: state });
    return;
  }
  const wanted = wantedBytes(entry, approved, now.bytes, names);
  if (wanted === undefined) return;
  if (wanted.bytes === undefined) {
    steps.push({ kind: 'remove-file', ...about, after: { kind: 'absent' }, names: wanted.names });
    return;
  }
  const sha256 = digest(wanted.bytes);
  const rights = rightsOf(entry, now.state, names);
  if (rights === undefined) return;
  const after: EntryState = { kind: 'file', sha256, size: wanted.bytes.length, ...rights };
  if (isSameEntry(after, now.state)) return;
  contents.set(sha256, wanted.bytes);
  steps.push({ kind: 'restore-file', ...about, after, names: wanted.names });
}

/** The variables that are put back one by one, where not all of them are: those that were asked for, without those that stay. */
function withoutStaying(
  names: ReadonlySet<string> | undefined,
  stay: ReadonlySet<string> | undefined,
  { role, state }: ApprovedEntry,
  approved: (digest: string) => Uint8Array,
  now: ReadEntry,
): ReadonlySet<string> | undefined {
  const isLines = isSettingsRole(role) && state.kind !== 'link' && now.state.kind !== 'link';
  if (stay === undefined || !isLines) return names;
  const was = state.kind === 'file' ? approved(state.sha256) : new Uint8Array();
  const differing = differingNames(was, now.bytes ?? new Uint8Array());
  if (!differing.some((name) => stay.has(name))) return names;
  return new Set(differing.filter((name) => names?.has(name) !== false && !stay.has(name)));
}

/** What a file is to hold, and the variables that differ; no bytes where it is to go, undefined where nothing of it is asked for. */
function wantedBytes(
  { role, state }: ApprovedEntry,
  approved: (digest: string) => Uint8Array,
  current: Uint8Array = new Uint8Array(),
  names?: ReadonlySet<string>,
): { readonly bytes?: Uint8Array; readonly names: readonly string[] } | undefined {
  const was = state.kind === 'file' ? approved(state.sha256) : new Uint8Array();
  const differing = isSettingsRole(role) ? differingNames(was, current) : [];
  if (names === undefined)
    return state.kind === 'file' ? { bytes: was, names: differing } : { names: differing };
  const wanted = differing.filter((name) => names.has(name));
  if (wanted.length === 0) return undefined;
  const bytes = restoreNames(was, current, new Set(wanted));
  return state.kind === 'absent' && bytes.length === 0 ? { names: wanted } : { bytes, names: wanted };
}

/** The rights that a file gets: those that were approved, or of single variables those that it has. */
function rightsOf({ role, state }: ApprovedEntry, now: EntryState, names: ReadonlySet<string> | undefined) {
  const from = names !== undefined && now.kind === 'file' ? now : state.kind === 'file' ? state : now;
  if (from.kind !== 'file') return undefined;
  const { mode, uid, gid } = from;
  // Settings may hold secrets. The bits of the group are the mask of an access list where there is one (acl(5)), which a new file does not have: what the
  // list kept from the group would be open to it.
  return { mode: role === 'goenv' ? mode & (~0o070 | ((mode & 0o007) << 3)) : mode, uid, gid };
}
