/** Folds journal lines into the rollback memory. Pure, and bounded whatever the journal holds. */
import { facetsWithRollback } from '../catalog/facets.ts';
import type { JournalEvent } from '../drift/events.ts';
import {
  durationBounds,
  type executedResults,
  type FacetMemory,
  facetMemory,
  keyOf,
  noResults,
  type RollbackMemory,
  type TargetIdentity,
  type WaitingPlan,
} from './memory.ts';
import { isUsable } from './usable-line.ts';

/** Limits of the memory: facets of targets; and waiting plans, or rollbacks without an outcome. */
const mostFacets = 5000;
const mostOpen = 200;
/** Most end times kept for a facet: the largest possible `attempts.max`. */
const mostBegun = 100;

/** Returns the remembered facets of a target that support rollback. */
function eachFacet(memory: RollbackMemory, named: TargetIdentity): readonly FacetMemory[] {
  return facetsWithRollback.flatMap((facet) => facetMemory(memory, named, facet) ?? []);
}

/** A journal line with its number and its time in ms since the epoch. */
export interface Line {
  readonly seq: number;
  readonly time: number;
  readonly event: JournalEvent;
}

/** Returns the memory after more lines. Lines that it already includes change nothing. */
export function remember(memory: RollbackMemory, lines: Iterable<Line>): RollbackMemory {
  const draft = structuredClone(memory);
  for (const line of lines) {
    if (line.seq <= draft.journalSeq) continue;
    draft.journalSeq = line.seq;
    if (draft.latest !== undefined && line.time < draft.latest) setBack(draft, line.time);
    draft.latest = line.time;
    if (isUsable(line.event)) take(draft, line);
  }
  forgetOldest(draft);
  return draft;
}

/**
 * Corrects the memory after the clock was set back: earlier events are no later than this line, whatever
 * their times say. Otherwise a cool-down would last until the clock is again where it was, possibly years
 * ahead.
 */
function setBack(draft: RollbackMemory, now: number): void {
  for (const one of Object.values(draft.facets)) {
    if (one.last !== undefined) one.last = Math.min(one.last, now);
    one.begun = one.begun.map((at) => Math.min(at, now));
  }
}

function forgetOldest(draft: RollbackMemory): void {
  const all = Object.entries(draft.facets);
  if (all.length <= mostFacets) return;
  const kept = all.sort(([, a], [, b]) => b.seq - a.seq).slice(0, mostFacets);
  draft.facets = Object.fromEntries(kept);
}

function take(draft: RollbackMemory, line: Line): void {
  const { event } = line;
  switch (event.type) {
    case 'drift':
    case 'resolved':
      takeDrift(draft, line, event);
      return;
    case 'baseline':
      // A person accepted a new baseline: earlier rollbacks no longer matter.
      if (event.kind === 'accepted') for (const one of eachFacet(draft, event)) release(one);
      return;
    case 'intent':
      if (event.operation === 'rollback') takeIntent(draft, line, event);
      return;
    case 'outcome':
      if (event.operation === 'rollback') takeOutcome(draft, line, event);
      return;
    case 'refusal':
      takeRefusal(draft, line, event);
      return;
    case 'approval':
      takeApproval(draft, line, event);
      return;
    case 'control':
      takeControl(draft, line, event);
      return;
    case 'try':
      takeTry(draft, line, event);
      return;
    default:
  }
}

/** Returns the memory of a facet, created where there is none, with `seq` set to this line. */
function begin(
  draft: RollbackMemory,
  { seq }: Line,
  named: TargetIdentity,
  facet: FacetMemory['facet'],
): FacetMemory {
  const { target, workspace } = named;
  const known = facetMemory(draft, named, facet);
  const one: FacetMemory = known ?? { target, workspace, facet, seq, results: noResults(), begun: [] };
  one.seq = seq;
  draft.facets[keyOf(named, facet)] = one;
  return one;
}

function release(one: FacetMemory): void {
  delete one.quarantine;
  delete one.returned;
  delete one.healed;
  delete one.denied;
}

type Of<T extends JournalEvent['type']> = Extract<JournalEvent, { readonly type: T }>;

function takeDrift(draft: RollbackMemory, line: Line, event: Of<'drift'> | Of<'resolved'>): void {
  const signatures = event.type === 'drift' ? event.signatures : {};
  for (const facet of facetsWithRollback) {
    const signature = signatures[facet];
    const known = facetMemory(draft, event, facet);
    if (known === undefined && signature === undefined) continue;
    const one = begin(draft, line, event, facet);
    if (signature === undefined) calm(one, event.end);
    else if (one.drift?.signature !== signature) drifted(one, signature, event.end);
  }
}

function calm(one: FacetMemory, at: number): void {
  delete one.drift;
  if (one.quarantine !== undefined) one.quarantine.calmSince ??= at;
}

function drifted(one: FacetMemory, signature: string, at: number): void {
  one.drift = { signature, changed: at };
  const { quarantine, healed } = one;
  if (quarantine?.calmSince !== undefined) {
    quarantine.calm = Math.max(quarantine.calm, at - quarantine.calmSince);
    delete quarantine.calmSince;
  }
  // `returned` is about the current drift: a different drift did not come back.
  if (healed?.signature === signature) one.returned = Math.max(0, at - healed.at);
  else delete one.returned;
}

function takeIntent(
  draft: RollbackMemory,
  line: Line,
  event: Extract<Of<'intent'>, { readonly operation: 'rollback' }>,
): void {
  const {
    id,
    target,
    workspace,
    replaced,
    reverts,
    facets: [facet],
  } = event;
  if (facet === undefined) return;
  const since = line.time;
  const known = begin(draft, line, event, facet);
  known.lastStart = since;
  const signature = known.drift?.signature;
  draft.waiting = draft.waiting.filter((one) => one.id !== id);
  draft.open = [
    ...draft.open.slice(1 - mostOpen),
    {
      id,
      target,
      workspace,
      since,
      ...(replaced === undefined ? {} : { replaced }),
      ...(signature === undefined ? {} : { signature }),
    },
  ];
  // The revert itself brings the drift back; nothing else did.
  if (reverts !== undefined) delete known.healed;
}

type Begun = Extract<Of<'outcome'>, { readonly operation: 'rollback' }>;

function takeOutcome(draft: RollbackMemory, line: Line, event: Begun): void {
  const [facet] = event.facets;
  if (facet === undefined) return;
  const one = begin(draft, line, event, facet);
  one.results[event.result]++;
  const opened = draft.open.find(({ id }) => id === event.id);
  draft.open = draft.open.filter(({ id }) => id !== event.id);
  if (event.result === 'dry_run') return;
  measure(draft, event.result, (event.end - event.start) / 1000);
  one.last = event.end;
  afterAttempt(one, event);
  if (event.mode !== 'manual') quarantined(one, event);
  if (event.result === 'applied' && event.reverts === undefined && opened?.signature !== undefined)
    one.healed = { signature: opened.signature, at: event.end };
  if (event.result === 'applied' && event.confirm_by !== undefined && opened?.replaced !== undefined)
    one.confirm = { id: event.id, by: event.confirm_by, replaced: opened.replaced };
}

/**
 * Updates a pending confirmation after an attempt. A successful revert, or another applied rollback, ends it;
 * an attempt that changed nothing leaves it. A failed revert postpones it until the next try; older versions
 * tried only once and wrote no `retry_at`.
 */
function afterAttempt(
  one: FacetMemory,
  event: Pick<Begun, 'reverts' | 'retry_at'> & { readonly result?: Begun['result'] },
): void {
  const { confirm } = one;
  if (confirm === undefined) return;
  const isWayBack = event.reverts === confirm.id;
  if (isWayBack && event.retry_at !== undefined) confirm.by = event.retry_at;
  else if (isWayBack || event.result === 'applied') delete one.confirm;
}

function quarantined(one: FacetMemory, { id, end, result, reverts }: Begun): void {
  one.begun = [...one.begun, end].slice(-mostBegun);
  // Calm begins now only if the drift is gone: a failed rollback leaves the drift, and a revert brings it
  // back.
  const isCalm = result === 'applied' && reverts === undefined;
  one.quarantine = { id, since: end, calm: 0, ...(isCalm ? { calmSince: end } : {}) };
}

function measure(draft: RollbackMemory, result: (typeof executedResults)[number], seconds: number): void {
  const one = draft.durations[result];
  const found = durationBounds.findIndex((bound) => seconds <= bound);
  const index = found === -1 ? durationBounds.length : found;
  one.counts = one.counts.map((known, at) => (at === index ? known + 1 : known));
  one.sum += Math.max(0, seconds);
}

function takeRefusal(draft: RollbackMemory, line: Line, event: Of<'refusal'>): void {
  const [facet] = event.facets;
  if (facet === undefined) return;
  const one = begin(draft, line, event, facet);
  one.results.refused++;
  const waited = draft.waiting.find(({ id }) => id === event.id);
  draft.waiting = draft.waiting.filter(({ id }) => id !== event.id);
  if (waited?.key !== undefined) one.denied = waited.key;
  afterAttempt(one, event);
}

function takeApproval(draft: RollbackMemory, { time }: Line, event: Of<'approval'>): void {
  const { id, target, workspace, facets: of, who, trigger, reason, key, plan, record, steps, files } = event;
  const [facet] = of;
  if (facet === undefined) return;
  const waiting: WaitingPlan = {
    id,
    target,
    workspace,
    facet,
    who,
    trigger,
    plan,
    steps,
    ...(record === undefined ? {} : { record }),
    ...(reason === undefined ? {} : { reason }),
    ...(key === undefined ? {} : { key }),
    files: [...files],
    asked: event.start,
    expires: event.expires,
  };
  draft.waiting = [...draft.waiting.filter(({ expires }) => expires > time), waiting].slice(-mostOpen);
}

/**
 * Takes in a `godrift try`. If it is killed while its command runs, every facet that it may have changed
 * stays to be confirmed.
 */
function takeTry(draft: RollbackMemory, line: Line, event: Of<'try'>): void {
  const { id, facets, replaced, confirm_by: by, trace_id: traceId, span_id: spanId } = event;
  const isRunning = event.phase === 'begun';
  for (const one of eachFacet(draft, event)) if (one.confirm?.id === id) delete one.confirm;
  if (by === undefined) return;
  for (const facet of facets)
    begin(draft, line, event, facet).confirm = { id, by, replaced, trial: { isRunning, traceId, spanId } };
}

function takeControl(draft: RollbackMemory, line: Line, event: Of<'control'>): void {
  const { action, who, reason, target, workspace, facets: of = [], id } = event;
  if (action === 'pause')
    draft.paused = { who, since: line.time, ...(reason === undefined ? {} : { reason }) };
  if (action === 'resume') delete draft.paused;
  if (target === undefined || workspace === undefined) return;
  for (const one of eachFacet(draft, { target, workspace })) {
    if (!of.includes(one.facet)) continue;
    if (action === 'release') release(one);
    if (action === 'confirm' && one.confirm?.id === id) delete one.confirm;
  }
}
