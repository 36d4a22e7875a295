/**
 * Plans a rollback, as data: which files and symlinks change from which state to which. Pure: the approved
 * record and the current state go in. Each step carries its precondition (`before`) and its result (`after`);
 * the inverse is the same step from `after` to `before` (step.ts).
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

/** A plan of a rollback. If `refusals` is not empty, no step runs. */
export interface Plan {
  readonly target: string;
  readonly workspace: string;
  readonly facet: Facet;
  readonly steps: readonly Step[];
  /** Contents of the files that the steps write, by SHA-256. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly refusals: readonly string[];
}

/** A plan that restores files and symlinks of the approved record. */
export interface EntryPlan extends Plan {
  readonly steps: readonly EntryStep[];
}

/** Current state of the files of a record. */
export interface CurrentState {
  readonly entries: ReadonlyMap<string, ReadEntry>;
  readonly moved: ReadonlyMap<string, string>;
  /** Missing parent directories, outermost first, by the path of the entry. */
  readonly missing: ReadonlyMap<string, readonly string[]>;
}

/** Roles of the files that belong to each facet. */
const rolesOf: Readonly<Partial<Record<Facet, readonly ApprovedRole[]>>> = {
  toolchain: ['toolchain-link', 'goenv', 'go.mod', 'go.work'],
  env: ['goenv', 'go.env'],
  modules: ['go.mod', 'go.sum', 'go.work', 'go.work.sum', 'vendor'],
};

/** Settings that decide which toolchain runs. */
const toolchainNames: ReadonlySet<string> = new Set(['GOTOOLCHAIN', 'GOROOT']);

/** Returns `directory/name`, the key of an entry in {@link CurrentState}. */
export const entryPath = ({ directory, name }: Pick<ApprovedEntry, 'directory' | 'name'>) =>
  `${directory === '/' ? '' : directory}/${name}`;

/** Input of {@link planRollback}. */
export interface PlanRequest {
  readonly facet: Facet;
  readonly record: ApprovedRecord;
  /** Returns the content of a file of the record, by its SHA-256. */
  readonly approved: (digest: string) => Uint8Array;
  readonly present: CurrentState;
  /** Variables to restore in a file of settings; all of the file where undefined. */
  readonly names?: ReadonlySet<string>;
  /** Variables whose approved value no file can bring back: their lines stay as they are. */
  readonly stay?: ReadonlySet<string>;
}

interface Draft {
  readonly steps: EntryStep[];
  readonly contents: Map<string, Uint8Array>;
  readonly refusals: string[];
}

/** Plans how the files of a facet go back to their approved state. `digest` returns the SHA-256 in hex. */
export function planRollback(request: PlanRequest, digest: (bytes: Uint8Array) => string): EntryPlan {
  const { facet, record } = request;
  const draft: Draft = { steps: [], contents: new Map(), refusals: [] };
  for (const entry of record.entries)
    if (rolesOf[facet]?.includes(entry.role) === true)
      planEntry(restrictToToolchain(request, entry), entry, draft, digest);
  return { target: record.target, workspace: record.workspace, facet, ...draft };
}

/** Restricts a toolchain rollback to the toolchain's variables of the GOENV file; other settings stay. */
const restrictToToolchain = (request: PlanRequest, { role }: ApprovedEntry): PlanRequest =>
  request.facet === 'toolchain' && role === 'goenv' ? { ...request, names: toolchainNames } : request;

/**
 * Reports whether go.mod or go.work still has the approved go and toolchain lines; the toolchain facet
 * ignores other differences in them.
 */
function sameGoLines(was: Uint8Array, now: Uint8Array = new Uint8Array()): boolean {
  const [one, other] = [was, now].map((bytes) => scanGoLines(new TextDecoder().decode(bytes)));
  return one?.go === other?.go && one?.toolchain === other?.toolchain;
}

function planEntry(
  { facet, approved, present, names: requested, stay }: PlanRequest,
  entry: ApprovedEntry,
  { steps, contents, refusals }: Draft,
  digest: (bytes: Uint8Array) => string,
): void {
  const moved = present.moved.get(entry.path);
  if (moved !== undefined) {
    refusals.push(`${entry.path} was in ${entry.directory} and is in ${moved} now: restore that first`);
    return;
  }
  const now = present.entries.get(entryPath(entry));
  if (now === undefined || isSameEntry(now.state, entry.state)) return;
  if (now.state.kind === 'other') {
    refusals.push(`${entry.path} is ${now.state.what} now: see who made it`);
    return;
  }
  const { role, path, directory, name, state } = entry;
  if (facet === 'toolchain' && state.kind === 'file' && projectRoles.includes(role))
    if (sameGoLines(approved(state.sha256), now.bytes)) return;
  const names = withoutStaying(requested, stay, entry, approved, now);
  const makes = present.missing.get(path);
  // A missing GOROOT needs no go.env; a rollback of `toolchain` reports the missing toolchain.
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
      `${path} was ${was} and is ${is} now: single variables cannot be restored there, only all of env`,
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

/**
 * Returns the variables to restore one by one, without those that stay; `undefined` where the whole file is
 * restored.
 */
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

/**
 * Returns the wanted content of a file and the variables that differ. `bytes` is absent where the file is to
 * be removed; the result is `undefined` where none of the requested variables differs.
 */
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

/**
 * Returns mode and owner of the restored file: the approved ones, or the current ones where single variables
 * are restored.
 */
function rightsOf({ role, state }: ApprovedEntry, now: EntryState, names: ReadonlySet<string> | undefined) {
  const from = names !== undefined && now.kind === 'file' ? now : state.kind === 'file' ? state : now;
  if (from.kind !== 'file') return undefined;
  const { mode, uid, gid } = from;
  // Settings may hold secrets. Where a file has an access list, its group bits are the mask of the list
  // (acl(5)). A new file has no list, so group bits would grant the group what the list denied: each one
  // stays only where others have it too.
  return { mode: role === 'goenv' ? mode & (~0o070 | ((mode & 0o007) << 3)) : mode, uid, gid };
}
