/** From a request to a plan that could be carried out: which record, what stands there now, what the steps are, and every reason against them. */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { factsOf, type Origin } from '../../drift/model.ts';
import { type Entries, facetOf, parseSnapshot } from '../../drift/snapshot.ts';
import { sha256Hex } from '../../host/digest.ts';
import { locateEntry, type ReadEntry, readEntry } from '../../host/entry-state.ts';
import { isSystemError } from '../../host/errors.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { approvedBytes, type KeptRecord, listApproved, readApproved } from '../../store/approved/approved.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import { systemReason } from '../../store/state-directory.ts';
import { guardPlan } from '../../undo/guards.ts';
import { coveredKeys, type Left, leftOf } from '../../undo/left.ts';
import { type Plan, type Present, placeOf, planRollback } from '../../undo/plan.ts';
import { repositoryRoot } from '../asked-file.ts';
import type { Look } from '../look.ts';
import type { Terminal } from '../terminal.ts';

/** What is asked for. */
export interface RollbackRequest {
  readonly target: TargetSettings;
  readonly stateDirectory: string;
  readonly facet: Facet;
  /** Only these entries (`env.GOFLAGS`); all of the facet where undefined. */
  readonly keys?: readonly string[];
  /** Which record: the beginning of its digest, or a time at which it was in force; the newest where undefined. */
  readonly to?: string;
}

/** A plan with all that carrying it out needs. */
export interface Prepared {
  readonly plan: Plan;
  readonly kept: KeptRecord;
  /** Every reason against it; empty where it may be done. */
  readonly refusals: readonly string[];
  /** Entries that differ and that it does not put back. */
  readonly left: readonly Left[];
  /** What the entries that it puts back are to be afterwards; undefined where there is to be none. */
  readonly wanted: ReadonlyMap<string, string | undefined>;
  /** Bytes of what stands there now, by SHA-256: what undoing it needs. */
  readonly before: ReadonlyMap<string, Uint8Array>;
}

/** The record that is meant. Throws AppError where there is none. */
export function chooseRecord({ target, stateDirectory, to }: RollbackRequest): KeptRecord {
  const refuse = (why: string, todo: string) => new AppError(`cannot roll ${target.name} back`, why, todo);
  const accept = 'run godrift baseline accept --reason … while all is well';
  if (to === undefined) {
    const digest = readTargetBaselines(stateDirectory, target).accepted?.record;
    if (digest === undefined)
      throw refuse('nothing that could be put back was approved on this host', accept);
    return { digest, record: readApproved(stateDirectory, target, digest) };
  }
  const all = listApproved(stateDirectory, target);
  const time = Date.parse(to);
  const found = /^[0-9a-f]{6,64}$/.test(to)
    ? all.filter(({ digest }) => digest.startsWith(to))
    : Number.isNaN(time)
      ? []
      : all.filter(({ record }) => record.time <= time).slice(0, 1);
  const [kept] = found;
  if (kept === undefined || found.length > 1)
    throw refuse(
      `${found.length === 0 ? 'no' : 'more than one'} approved record is meant by ${to}`,
      'see godrift baseline list',
    );
  return kept;
}

/** What stands under the names of a record now. Throws AppError for one that cannot be read. */
export async function readPresent({ record }: KeptRecord): Promise<Present> {
  const entries = new Map<string, ReadEntry>();
  const moved = new Map<string, string>();
  for (const entry of record.entries) {
    try {
      const { directory } = await locateEntry(entry.path);
      if (directory !== entry.directory) moved.set(entry.path, directory);
      else entries.set(placeOf(entry), await readEntry(path.join(directory, entry.name)));
    } catch (error) {
      if (!isSystemError(error)) throw error;
      throw new AppError(`cannot read ${entry.path}`, systemReason(error), 'make it readable for this user');
    }
  }
  return { entries, moved };
}

/** Entries of the facet that differ from what was approved, with where they come from now. */
function differing({ state, observation }: Look, approved: Entries, facet: Facet) {
  const now = state.entries;
  const variables = factsOf(observation, 'env')?.variables;
  const keys = new Set([...approved.keys(), ...now.keys()].filter((key) => facetOf(key) === facet));
  return [...keys].flatMap((key) => {
    const expected = approved.get(key);
    if (expected === now.get(key)) return [];
    const origin: Origin | undefined = variables?.get(key.slice(facet.length + 1))?.origin;
    return [
      { key, ...(expected === undefined ? {} : { expected }), ...(origin === undefined ? {} : { origin }) },
    ];
  });
}

/** Makes the plan of a request from what a look found. Throws AppError where there is nothing to make it of. */
export async function prepareRollback(
  terminal: Terminal,
  request: RollbackRequest,
  looked: Look,
): Promise<Prepared> {
  const { target, stateDirectory, facet, keys } = request;
  const kept = chooseRecord(request);
  const { record } = kept;
  const bytes = (digest: string) => approvedBytes(stateDirectory, target, digest);
  const approved = parseSnapshot(bytes(record.snapshot).toString('utf8')).entries;
  const changes = differing(looked, approved, facet).filter(({ key }) => keys?.includes(key) !== false);
  const present = await readPresent(kept);
  const names = keys === undefined ? undefined : new Set(keys.map((key) => key.slice(facet.length + 1)));
  const plan =
    changes.length === 0 && !troubled(looked, facet)
      ? {
          target: target.name,
          workspace: target.workspace,
          facet,
          steps: [],
          contents: new Map(),
          refusals: [],
        }
      : planRollback(
          { facet, record, approved: bytes, present, ...(names === undefined ? {} : { names }) },
          sha256Hex,
        );
  const code = target.workspace === '' ? [] : [target.workspace, repositoryRoot(terminal, target.workspace)];
  const left = leftOf(changes, plan.steps);
  const still = new Set(left.map(({ key }) => key));
  const covered = coveredKeys(plan.steps).filter((key) => !still.has(key));
  return {
    plan,
    kept,
    refusals: guardPlan(plan, code),
    left,
    wanted: new Map(covered.map((key) => [key, approved.get(key)])),
    before: beforeOf(plan, present),
  };
}

/** A file of settings may stop every command and set nothing: then no entry differs, and something is to be done. */
const troubled = ({ state }: Look, facet: Facet) =>
  state.findings.some((finding) => finding.facet === facet && finding.kind === 'conflict');

function beforeOf({ steps }: Plan, { entries }: Present): ReadonlyMap<string, Uint8Array> {
  return new Map(
    steps.flatMap((step) => {
      const { state, bytes } = entries.get(placeOf(step)) ?? {};
      return state?.kind === 'file' && bytes !== undefined ? [[state.sha256, bytes] as const] : [];
    }),
  );
}
