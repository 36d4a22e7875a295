/**
 * Turns a rollback request into a plan: chooses the record, reads the current state, makes the steps, and
 * collects every reason against them.
 */

import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { comparable, diffFacets, splitByFacet } from '../../drift/compare.ts';
import { pathRoots } from '../../drift/entries.ts';
import { type KnownFinding, unknownFindings } from '../../drift/known-finding.ts';
import { factsOf } from '../../drift/model.ts';
import { nameOfEntry } from '../../drift/secret-entries.ts';
import { type Entries, formatSnapshot } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';
import { sha256Hex } from '../../host/digest.ts';
import { locateEntry, type ReadEntry, readEntry } from '../../host/entry-state.ts';
import { errorCode, isSystemError } from '../../host/errors.ts';
import { repositoryOf } from '../../observe/environment/code.ts';
import type { KeptRecord } from '../../store/approved/approved.ts';
import { type ApprovedEntry, type ApprovedRecord, isSettingsRole } from '../../store/approved/record.ts';
import { systemReason } from '../../store/state-directory.ts';
import { guardDirectories } from '../../undo/directory-guards.ts';
import { guardBuilds, guardPlan, guardRequired, guardTrees } from '../../undo/guards.ts';
import {
  type CurrentState,
  type EntryPlan,
  entryPath,
  type Plan,
  type PlanRequest,
  planRollback,
} from '../../undo/plan.ts';
import { guardProject } from '../../undo/project-files.ts';
import { isEntryStep, isTreeStep } from '../../undo/step.ts';
import { guardTargets } from '../../undo/toolchain-targets.ts';
import { type UnrestoredEntry, unrestoredEntries } from '../../undo/unrestored.ts';
import type { Inspection } from '../inspect.ts';
import { repositoryRoot } from '../output-file.ts';
import type { Terminal } from '../terminal.ts';
import { type ApprovedSettings, approvedSettings, isSetByFiles, requireKnown } from './approved-settings.ts';
import type { ApprovedState } from './approved-state.ts';
import { lookAtPlan } from './planned-look.ts';
import { prepareTrees } from './prepare-trees.ts';
import { noVendor, prepareVendor } from './prepare-vendor.ts';
import type { EntryDifference, RollbackRequest } from './request.ts';

/** A plan with everything that is needed to apply it. */
export interface Prepared {
  readonly plan: Plan;
  /** The record that the values come from; undefined where the plan restores none. */
  readonly kept?: KeptRecord;
  /** Every reason against the plan; empty if it may be applied. */
  readonly refusals: readonly string[];
  /** Entries that differ and that the plan does not restore. */
  readonly left: readonly UnrestoredEntry[];
  /** Keys of entries that must not differ any more after the rollback. */
  readonly wanted: readonly string[];
  /** Findings that must be gone after the rollback, as `rule` NUL `summary`. */
  readonly cured?: readonly string[];
  /** The current bytes of the files that the steps change, by SHA-256; needed to undo the rollback. */
  readonly before: ReadonlyMap<string, Uint8Array>;
  /** The Go version that the plan brings back; undefined where it does not change which Go builds. */
  readonly go?: string;
  /**
   * The current state, saved so that the rollback can be undone; undefined where nobody would want it back (a
   * damaged build cache).
   */
  readonly replaced?: Replaced;
}

/** The current content of the files of a record, with the snapshot of the target at that time. */
export interface Replaced {
  readonly entries: readonly ApprovedEntry[];
  readonly bytes: readonly Uint8Array[];
  readonly snapshot: string;
  readonly fingerprint: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly conflicts: readonly KnownFinding[];
}

/** Returns the conflicts of a state in the form that a record stores. */
export const conflictsOf = ({ findings }: Pick<TargetState, 'findings'>): readonly KnownFinding[] =>
  findings.filter(({ kind }) => kind === 'conflict').map(({ rule, summary }) => ({ rule, summary }));

/** Reads the current state of every entry of a record. Throws AppError for one that cannot be read. */
export async function readPresent(record: Pick<ApprovedRecord, 'entries'>): Promise<CurrentState> {
  const entries = new Map<string, ReadEntry>();
  const moved = new Map<string, string>();
  const missing = new Map<string, readonly string[]>();
  for (const entry of record.entries) {
    try {
      const { directory, missing: absent } = await locateEntry(entry.path);
      if (directory !== entry.directory) moved.set(entry.path, directory);
      else entries.set(entryPath(entry), await readEntry(path.join(directory, entry.name)));
      if (absent.length > 0) missing.set(entry.path, absent);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const todo =
        errorCode(error) === 'EFBIG' ? 'move it away, then roll back' : 'make it readable for this user';
      throw new AppError(`cannot read ${entry.path}`, systemReason(error), todo);
    }
  }
  return { entries, moved, missing };
}

/**
 * Returns the entries of a facet that differ from the approved ones. As in a comparison with a baseline,
 * entries that either side could not evaluate are left out.
 */
export function differences(
  { state, observation }: Inspection,
  approved: Entries,
  facet: Facet,
): readonly EntryDifference[] {
  const compared = comparable(
    splitByFacet(approved, [facet]),
    splitByFacet(state.entries, [facet]),
    observation,
  );
  const diff = diffFacets(compared.before, compared.after).get(facet);
  const variables = factsOf(observation, 'env')?.variables;
  const all = [...(diff?.added ?? []), ...(diff?.removed ?? []), ...(diff?.changed ?? [])];
  return all.map(({ key, old, new: now }) => {
    const origin = variables?.get(key.slice(facet.length + 1))?.origin;
    return {
      key,
      ...(old === undefined ? {} : { expected: old }),
      ...(now === undefined ? {} : { actual: now }),
      ...(origin === undefined || facet !== 'env' ? {} : { origin }),
    };
  });
}

/**
 * Makes the plan of a request from an observation and the approved record. Throws AppError if it cannot be
 * made.
 */
export async function prepareRollback(
  terminal: Terminal,
  request: RollbackRequest,
  looked: Inspection,
  approved: ApprovedState,
): Promise<Prepared> {
  const { target, facet, names: wantedNames } = request;
  if (wantedNames !== undefined && facet !== 'env')
    throw new AppError(
      'cannot use --key',
      `entries of ${facet} can only be rolled back together`,
      'leave it out',
    );
  const names = wantedNames === undefined ? undefined : new Set(wantedNames);
  const { kept, entries } = approved;
  const settings = approvedSettings(kept.record, approved.bytes);
  const roots = pathRoots(looked.observation, terminal.env.get('HOME') ?? '');
  if (names !== undefined) requireKnown(names, looked, entries, settings);
  const changes = differences(looked, entries, facet).filter(
    ({ key }) => names?.has(nameOfEntry(key)) !== false,
  );
  const vendor = request.exact === true ? noVendor : await prepareVendor(looked, changes, kept.record);
  const bytes = (digest: string) => vendor.contents.get(digest) ?? approved.bytes(digest);
  const record = { ...kept.record, entries: [...kept.record.entries, ...vendor.entries] };
  const present = await readPresent(record);
  const asked = { facet, record, approved: bytes, present, ...(names === undefined ? {} : { names }) };
  // Settings are restored wherever their bytes differ. Files that people work on are restored only if a
  // difference changes what is built or stops builds.
  const isPlanned =
    facet === 'env' || request.exact === true || changes.length > 0 || hasNewConflict(looked, facet, record);
  const { plan, stay } = isPlanned
    ? await planReachable(terminal, request, asked, { looked, entries, changes, settings })
    : { plan: nothingOf(request), stay: new Set<string>() };
  const code = target.workspace === '' ? [] : [target.workspace, repositoryRoot(terminal, target.workspace)];
  const trees = await prepareTrees(request, looked, { record, entries, bytes }, terminal.env, code);
  // Trees come first: a link is restored only once the directory that it points to exists.
  const steps = [...trees.steps, ...plan.steps];
  // Restoring a whole toolchain restores all of its entries.
  const told = new Set([...vendor.left, ...trees.left].map(({ key }) => key));
  const others =
    facet === 'toolchain' && trees.steps.length > 0 ? [] : changes.filter(({ key }) => !told.has(key));
  const left = [
    ...unrestoredEntries(facet, others, plan.steps, { set: new Set(settings.keys()), stay, roots }),
    ...vendor.left,
    ...trees.left,
  ];
  const still = new Set(left.map(({ key }) => key));
  const isApproved = (name: string) => entries.has(`env.${name}`);
  const whole = { ...plan, steps, contents: new Map([...plan.contents, ...trees.contents]) };
  return {
    plan: whole,
    kept,
    refusals: [
      ...guardPlan(whole, code),
      // A record of a replaced state was made on this host: no pull request can have written it.
      ...(kept.record.replaced === true ? [] : guardProject(plan, inRepository)),
      ...(await guardDirectories(whole)),
      ...(request.exact === true ? [] : guardRequired(plan, requiredNames(looked), isApproved)),
      ...guardBuilds(plan),
      ...guardTargets(
        plan,
        trees.steps.filter(isTreeStep).map(({ directory, name }) => path.join(directory, name)),
      ),
      ...guardTrees(whole, terminal.env.get('HOME')),
    ],
    left,
    // An exact rollback promises only bytes, and each step verifies its own.
    wanted: request.exact === true ? [] : changes.map(({ key }) => key).filter((key) => !still.has(key)),
    cured: trees.cured,
    before: beforeOf(plan, present),
    ...broughtBack(whole, entries.get('toolchain.version')),
    replaced: replacedBy(record, present, looked),
  };
}

const requiredNames = ({ state }: Inspection) => state.required.map(({ name }) => name);

const nothingOf = ({ target: { name, workspace }, facet }: RollbackRequest): EntryPlan => ({
  ...{ target: name, workspace, facet },
  ...{ steps: [], contents: new Map(), refusals: [] },
});

/** What decides which variables a plan can restore. */
interface Reach {
  readonly looked: Inspection;
  readonly entries: Entries;
  readonly changes: readonly EntryDifference[];
  readonly settings: ApprovedSettings;
}

/**
 * Makes the plan without the variables that it cannot bring back to their approved values, and returns those
 * as `stay`. A value that the process environment set is in no file. Whether a default or another file takes
 * over is found out by observing the planned state.
 */
async function planReachable(
  terminal: Terminal,
  request: RollbackRequest,
  asked: PlanRequest,
  { looked, entries, changes, settings }: Reach,
): Promise<{ readonly plan: EntryPlan; readonly stay: ReadonlySet<string> }> {
  const plan = planRollback(asked, sha256Hex);
  const isDoubtful = (change: EntryDifference) =>
    change.expected !== undefined &&
    change.origin?.kind !== 'process' &&
    !isSetByFiles(change, settings) &&
    plan.steps.some(({ names }) => names?.includes(nameOfEntry(change.key)));
  const doubtful = asked.facet === 'env' && request.exact !== true ? changes.filter(isDoubtful) : [];
  if (doubtful.length === 0) return { plan, stay: new Set() };
  const { after } = await lookAtPlan(terminal, request, plan, looked);
  const still = new Set(differences(after, entries, 'env').map(({ key }) => key));
  const stay = new Set(doubtful.filter(({ key }) => still.has(key)).map(({ key }) => nameOfEntry(key)));
  return { plan: stay.size === 0 ? plan : planRollback({ ...asked, stay }, sha256Hex), stay };
}

/** Reports whether a facet has a conflict that did not hold when the record was approved. */
function hasNewConflict(
  { state }: Inspection,
  facet: Facet,
  { conflicts = [] }: Pick<ApprovedRecord, 'conflicts'>,
): boolean {
  const own = state.findings.filter(({ kind, key }) => kind === 'conflict' && key.startsWith(`${facet}.`));
  return unknownFindings(own, conflicts).length > 0;
}

function replacedBy({ entries }: ApprovedRecord, present: CurrentState, { state }: Inspection): Replaced {
  const now = entries.map((entry) => ({ entry, read: present.entries.get(entryPath(entry)) }));
  const { time, fingerprint } = state;
  return {
    entries: now.flatMap(({ entry, read }) =>
      read === undefined || read.state.kind === 'other' ? [] : [{ ...entry, state: read.state }],
    ),
    bytes: now.flatMap(({ read }) => read?.bytes ?? []),
    snapshot: formatSnapshot(state.entries, time),
    fingerprint,
    time,
    conflicts: conflictsOf(state),
  };
}

/** Returns the approved Go version if a plan changes which Go answers. */
function broughtBack({ steps }: Plan, version: string | undefined): { readonly go?: string } {
  const isMade = steps.some(({ kind }) => kind === 'make-tree');
  const decides = steps.filter(isEntryStep).some(
    ({ kind, role, before, names = [] }) =>
      role === 'toolchain-link' ||
      role === 'go.mod' ||
      role === 'go.work' ||
      // With the link, every variable of the file behind it changes.
      (isSettingsRole(role) && (kind === 'restore-link' || before.kind === 'link')) ||
      names.some((name) => name === 'GOTOOLCHAIN' || name === 'GOROOT'),
  );
  return (isMade || decides) && version !== undefined ? { go: version } : {};
}

const inRepository = (directory: string) => repositoryOf('/', directory) !== undefined;

function beforeOf({ steps }: EntryPlan, { entries }: CurrentState): ReadonlyMap<string, Uint8Array> {
  return new Map(
    steps.flatMap((step) => {
      const { state, bytes } = entries.get(entryPath(step)) ?? {};
      return state?.kind === 'file' && bytes !== undefined ? [[state.sha256, bytes] as const] : [];
    }),
  );
}
