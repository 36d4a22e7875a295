/**
 * The one loop that makes state: a pass when a watched file changed (debounced) and every interval. What it learns goes
 * to the journal and to memory through the functions it is given; a failure in one target or in the store stops nothing.
 */
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AppError } from '../catalog/errors.ts';
import { type Facet, facets } from '../catalog/facets.ts';
import { type Learner, learn, newLearner } from '../drift/baseline.ts';
import type { BaselineSources, StoredSnapshot } from '../drift/choose-baseline.ts';
import { chooseBaseline } from '../drift/choose-baseline.ts';
import { entriesOf, unsettledKey } from '../drift/entries.ts';
import {
  comparable,
  evaluate,
  isUnsettled,
  noBaseline,
  observedFacets,
  splitByFacet,
} from '../drift/evaluate.ts';
import { deploymentAt, type Exemptions, graceUntil } from '../drift/exemptions.ts';
import { fingerprint } from '../drift/fingerprint.ts';
import type { Observation } from '../drift/model.ts';
import { type Entries, facetOf, formatBody } from '../drift/snapshot.ts';
import type { CollectorState, DriftRecord, ResolvedRecord, TargetState } from '../drift/state.ts';
import { countChanges, type Emitter, emptyMemory, type Memory, transition } from '../drift/transition.ts';
import { type Look, looksTheSame, type Marks, recordLook } from '../host/look.ts';
import type { Clock, Machine } from '../host/machine.ts';
import { watchFiles } from '../host/watch.ts';
import type { AskCache } from './cache/auditors.ts';
import type { Confirmation } from './env.ts';
import { observe, type Pass, type UnreadReason, unread } from './observer.ts';
import type { TargetSettings } from './target.ts';
import type { AskDigest } from './toolchain-digest.ts';

/** What a target's past is; `undefined` parts are not known yet. */
export interface Remembered {
  readonly memory: Memory;
  readonly learner: Learner;
  readonly accepted?: StoredSnapshot;
  /** `time` of the accepted baseline that the journal knows. */
  readonly acceptedTold?: number;
  readonly learned?: StoredSnapshot;
  /** Entries of the newest snapshot, for changes made while the program was down. */
  readonly last?: Entries;
}

export const nothingRemembered: Remembered = { memory: emptyMemory, learner: newLearner };

/** An approved snapshot and its approval. */
export interface Approved extends StoredSnapshot {
  readonly fingerprint: string;
  readonly who?: string;
  readonly why?: string;
}

export interface BaselineRecord {
  readonly type: 'baseline';
  readonly target: string;
  readonly workspace: string;
  readonly kind: 'learned' | 'accepted';
  readonly fingerprint: string;
  /** When the snapshot was taken, ms since the epoch. */
  readonly taken: number;
  readonly who?: string;
  readonly why?: string;
}

/** The loop's way to the outside. What throws without saying that it may fails the pass of its target. */
export interface LoopPorts {
  readonly clock: Clock;
  readonly emitter: Emitter;
  readonly load: (target: TargetSettings) => Promise<Remembered>;
  readonly save: (target: TargetSettings, remembered: Remembered) => Promise<void>;
  readonly append: (record: DriftRecord | ResolvedRecord | BaselineRecord) => Promise<void>;
  /** The committed baseline of a workspace; undefined without one. Throws AppError for one that cannot be used. */
  readonly committed: (target: TargetSettings) => Promise<StoredSnapshot | undefined>;
  /** Adds what the workspace's own `.godrift.yml` says. Throws AppError for one that cannot be used. */
  readonly refine: (target: TargetSettings) => Promise<TargetSettings>;
  /** Waivers, deployments and whitelist, as they concern the target now. */
  readonly exemptions: (target: TargetSettings) => Promise<Exemptions>;
  /** Changed by `godrift baseline accept` in another process. */
  readonly accepted: (target: TargetSettings) => Promise<Approved | undefined>;
  /** What keeps a target from being judged as it should be, by name; undefined once it is over. */
  readonly problem: (target: TargetSettings, name: string, problem: string | undefined) => void;
  /** A target's state after each pass, once it was recorded. */
  readonly observed: (state: TargetState) => void;
  readonly log: (
    level: 'debug' | 'info' | 'warn' | 'error',
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ) => void;
  readonly confirmation?: Confirmation;
  readonly cache?: AskCache;
  readonly digest?: AskDigest;
  readonly secretKey?: Uint8Array;
}

interface Tracked {
  readonly settings: TargetSettings;
  readonly turn: number;
  /** What the last pass asked of the file system, when a pass over the same would change nothing. */
  settled?: Look;
  /** When the state changes by time alone: a waiver or a grace ends. ms since the epoch. */
  until?: number;
  remembered: Remembered;
  /** What the workspace's own files said when they could be used last: a damaged file does not lift what they demand. */
  demands: { readonly refined?: TargetSettings; readonly committed?: StoredSnapshot };
  collectors: readonly CollectorState[];
  state?: TargetState;
  passes: number;
  files: readonly string[];
}

export interface Loop {
  /** Runs the first pass over every target, then goes on until `stop`. */
  start(): Promise<void>;
  /** Ends after the pass that runs. */
  stop(): Promise<void>;
  /** Starts a pass now; resolves when a pass that began after the call has ended. */
  pass(): Promise<void>;
  readonly states: () => readonly TargetState[];
  readonly ready: () => boolean;
  readonly stats: () => {
    readonly passes: number;
    readonly watches: number;
    readonly events: number;
    readonly missed: number;
  };
}

const debounceMs = 40; // long enough for a truncate and write, short beside the 250 ms budget
// Every so many passes everything is read anew and `go env` is asked: a quarter of an hour at the default interval. Of more targets than
// that one has its turn in each pass: asking is the dearest thing that a pass does.
const wholeEveryAtLeast = 60;

/** How the collectors did. `whyNone` is a reason for which none of them succeeded, whatever it found. */
function collectorStates(
  pass: Pass,
  before: readonly CollectorState[],
  whyNone?: string,
): readonly CollectorState[] {
  return pass.observation.runs.map((run) => {
    const success = run.success && whyNone === undefined;
    const lastSuccess = success
      ? run.end
      : before.find((one) => one.collector === run.collector)?.lastSuccess;
    const why = run.why ?? whyNone;
    return {
      collector: run.collector,
      success,
      durationSeconds: Math.max(0, run.end - run.start) / 1000,
      ...(lastSuccess === undefined ? {} : { lastSuccess }),
      ...(why === undefined ? {} : { why }),
    };
  });
}

/**
 * The next memory of the baseline learner: only passes in which every collector succeeded count. What was learned stays until three agree
 * after a deployment's grace.
 */
function learnFrom(
  remembered: Remembered,
  pass: Pass,
  entries: Entries,
  { deployment }: Exemptions,
  emitter: Emitter,
): Remembered {
  if (pass.observation.runs.some((run) => !run.success)) return remembered;
  // A baseline without what will be known in a moment would miss it for ever.
  const { time, toolchain } = pass.observation;
  if (toolchain.status === 'ok' && toolchain.pending === true) return remembered;
  const before = remembered.learner;
  const learner = learn(
    before,
    fingerprint(formatBody(entries), emitter.digest),
    deploymentAt(deployment, time),
  );
  const completed = learner.learned === true && learner !== before;
  return { ...remembered, learner, ...(completed ? { learned: { entries, time } } : {}) };
}

/** The next moment at which exemptions end, ms since the epoch; undefined when none is to come. */
function nextEnd({ waivers, deployment }: Exemptions, now: number): number | undefined {
  const ends = waivers.map((one) => one.expires);
  if (deployment !== undefined) ends.push(graceUntil(deployment));
  const coming = ends.filter((end) => end > now);
  return coming.length === 0 ? undefined : Math.min(...coming);
}

/** Makes a loop over targets; nothing runs before `start`. */
export function createLoop(
  targets: readonly TargetSettings[],
  intervalMs: number,
  machine: Machine,
  ports: LoopPorts,
): Loop {
  const wholeEvery = Math.max(wholeEveryAtLeast, targets.length);
  const tracked: Tracked[] = targets.map((settings, index) => ({
    settings,
    // Not all at once: their whole passes are spread.
    turn: index % wholeEvery,
    remembered: nothingRemembered,
    demands: {},
    collectors: [],
    passes: 0,
    files: [],
  }));
  let passes = 0;
  let missed = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let debounce: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let announced = true;
  let eventsAtLastPass = 0;

  const watcher = watchFiles((file) => {
    ports.log('debug', 'change announced', { file });
    announced = true;
    soon();
  });

  function soon(): void {
    clearTimeout(debounce);
    debounce = setTimeout(() => void pass(), debounceMs);
  }

  /** Looks at a target, or only dates its state when everything that the last pass asked still looks the same. */
  async function passTarget(one: Tracked, now: Marks): Promise<void> {
    const start = ports.clock();
    const whole = one.passes === 0 || (one.passes + one.turn) % wholeEvery === 0;
    const due = one.until !== undefined && start >= one.until;
    if (
      !whole &&
      !due &&
      one.state !== undefined &&
      one.settled !== undefined &&
      looksTheSame(one.settled, now)
    ) {
      one.passes++;
      one.state = redated(one.state, start, ports.clock());
      return;
    }
    const before = one.remembered;
    const { look } = await recordLook(() => lookAt(one, whole ? ports.confirmation : undefined));
    const settled = one.settings.environment.from !== 'process' && !changed(before, one.remembered);
    if (settled) one.settled = look;
    else delete one.settled;
  }

  /** What the workspace's own files demand, and why one of them cannot be used: then what it said last stays in force. */
  async function demandsOf(
    one: Tracked,
  ): Promise<{ readonly settings: TargetSettings; readonly why?: string }> {
    let why: string | undefined;
    const read = async <T>(name: string, ask: () => Promise<T>, before: T): Promise<T> => {
      try {
        const value = await ask();
        ports.problem(one.settings, name, undefined);
        return value;
      } catch (error) {
        if (!(error instanceof AppError)) throw error;
        ports.problem(one.settings, name, error.message);
        why ??= error.message;
        return before;
      }
    };
    const { refined, committed } = one.demands;
    const settings = await read('.godrift.yml', () => ports.refine(one.settings), refined ?? one.settings);
    const baseline = await read('baseline', () => ports.committed(settings), committed);
    one.demands = { refined: settings, ...(baseline === undefined ? {} : { committed: baseline }) };
    return { settings, ...(why === undefined ? {} : { why }) };
  }

  async function lookAt(one: Tracked, confirmation: Confirmation | undefined): Promise<void> {
    const { settings, why } = await demandsOf(one);
    const { cache, digest, secretKey } = ports;
    const seen = await observe(settings, machine, ports.clock, {
      ...(confirmation === undefined ? {} : { confirmation }),
      ...(cache === undefined ? {} : { cache }),
      ...(digest === undefined ? {} : { digest }),
      ...(secretKey === undefined ? {} : { secretKey }),
    });
    one.passes++;
    one.files = seen.files;
    one.collectors = collectorStates(seen, one.collectors, why);
    const entries = entriesOf(seen.observation, seen.home);
    const observed = observedFacets(seen.observation);
    const before = one.remembered;
    const exemptions = await ports.exemptions(settings);
    const until = nextEnd(exemptions, seen.observation.time);
    if (until === undefined) delete one.until;
    else one.until = until;
    const accepted = await ports.accepted(settings);
    const { accepted: _, ...rest } = before;
    const learnt = learnFrom(
      { ...rest, ...(accepted === undefined ? {} : { accepted }) },
      seen,
      entries,
      exemptions,
      ports.emitter,
    );
    const { committed } = one.demands;
    const sources: BaselineSources = {
      mode: settings.baseline,
      ...(committed === undefined ? {} : { committed }),
      ...(learnt.accepted === undefined ? {} : { accepted: learnt.accepted }),
      ...(learnt.learned === undefined ? {} : { learned: learnt.learned }),
    };
    const after = splitByFacet(entries, observed);
    const compared =
      before.last === undefined
        ? { before: undefined, after }
        : comparable(splitByFacet(before.last, observed), after, seen.observation);
    const counters = countChanges(
      before.memory.counters,
      compared.before,
      compared.after,
      seen.observation.time,
    );
    const input = {
      observation: seen.observation,
      pool: settings.pool,
      home: seen.home,
      baseline: chooseBaseline(sources, ports.emitter.digest),
      pins: seen.pins,
      required: settings.required,
      collectors: one.collectors,
      counters,
      exemptions,
      digest: ports.emitter.digest,
    };
    const disagreements = one.state?.disagreements;
    const counted = seen.observation.runs.map((run) => ({
      ...run,
      entries: after.get(run.facet)?.size ?? 0,
    }));
    const first = evaluate({ ...input, open: openOf(before.memory) });
    const { memory, records } = transition(before.memory, first, counted, ports.emitter);
    // Onset and trace of what was just found belong to this very state.
    const evaluated = records.length === 0 ? first : evaluate({ ...input, open: openOf(memory) });
    const state =
      evaluated.disagreements === undefined && disagreements !== undefined
        ? { ...evaluated, disagreements }
        : evaluated;
    // Journal and memory first: a state that is served has been recorded, and a counter that was shown survives a kill.
    for (const record of records) await ports.append(record);
    if (learnt.learned !== undefined && learnt.learned.time !== before.learned?.time) {
      await ports.append({
        type: 'baseline',
        target: settings.name,
        workspace: settings.workspace,
        kind: 'learned',
        fingerprint: state.fingerprint,
        taken: learnt.learned.time,
      });
    }
    // `baseline accept` writes the line itself where nobody runs; else it is ours to write.
    if (accepted !== undefined && accepted.time !== before.acceptedTold) {
      const { fingerprint: approved, who, why } = accepted;
      await ports.append({
        type: 'baseline',
        target: settings.name,
        workspace: settings.workspace,
        kind: 'accepted',
        fingerprint: approved,
        taken: accepted.time,
        ...(who === undefined ? {} : { who }),
        ...(why === undefined ? {} : { why }),
      });
    }
    if (records.length > 0 && !announced && one.state !== undefined) missed++;
    one.remembered = {
      ...learnt,
      ...(accepted === undefined ? {} : { acceptedTold: accepted.time }),
      memory,
      last: lastEntries(before.last, entries, seen.observation),
    };
    if (changed(before, one.remembered)) await ports.save(settings, one.remembered);
    const { modules } = state;
    if (modules?.why !== undefined && modules.why !== one.state?.modules?.why)
      ports.log('info', `build list ${modules.state}: ${modules.why}`, { target: settings.name });
    one.state = state;
  }

  /** What is known of a target. What cannot be read any more must not keep the others from starting. */
  async function loaded(settings: TargetSettings): Promise<Remembered> {
    try {
      return await ports.load(settings);
    } catch (error) {
      ports.log('error', 'what was known of a target cannot be read', {
        target: settings.name,
        error: error instanceof Error ? error.message : String(error),
      });
      return nothingRemembered;
    }
  }

  /** Gives a target the state of one that cannot be observed. */
  function failed(one: Tracked, reason: UnreadReason, why: string): void {
    const pass = unread(one.settings, ports.clock(), ports.clock, why, reason);
    delete one.settled;
    one.collectors = collectorStates(pass, one.collectors);
    const { memory } = one.remembered;
    one.state = evaluate({
      observation: pass.observation,
      pool: one.settings.pool,
      home: '',
      baseline: noBaseline,
      pins: [],
      required: [],
      collectors: one.collectors,
      counters: memory.counters,
      open: openOf(memory),
      digest: ports.emitter.digest,
    });
  }

  async function passAll(): Promise<void> {
    const now: Marks = new Map();
    for (const one of tracked) {
      if (stopped) return;
      try {
        await passTarget(one, now);
        if (one.state !== undefined) ports.observed(one.state);
        await nextTurn();
      } catch (error) {
        // A bug in one target must not blind the others, and must show.
        const why = error instanceof Error ? error.message : String(error);
        ports.log('error', 'pass failed', { target: one.settings.name, error: why });
        failed(one, 'failed', why);
        if (one.state !== undefined) ports.observed(one.state);
      }
    }
    passes++;
    announced = watcher.stats.events !== eventsAtLastPass;
    eventsAtLastPass = watcher.stats.events;
    const added = watcher.set(
      new Set(tracked.flatMap((one) => one.files.map((file) => path.normalize(file)))),
    );
    // A file that changed after it was read and before it was watched: look again.
    if (added > 0 && !stopped) soon();
  }

  /** Runs passes one after the other; a call during a pass waits for the one after it. */
  async function pass(): Promise<void> {
    const current = running;
    if (current !== undefined) await current;
    if (stopped) return;
    // Another waiter may have started the pass that this call needs.
    running ??= passAll().finally(() => {
      running = undefined;
    });
    await running;
  }

  function schedule(): void {
    if (stopped) return;
    timer = setTimeout(async () => {
      await pass();
      schedule();
    }, intervalMs);
  }

  return {
    async start() {
      for (const one of tracked) one.remembered = await loaded(one.settings);
      await pass();
      schedule();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      clearTimeout(debounce);
      watcher.close();
      await running;
    },
    pass,
    states: () => tracked.flatMap((one) => (one.state === undefined ? [] : [one.state])),
    ready: () => tracked.every((one) => one.state !== undefined),
    stats: () => ({ passes, watches: watcher.stats.watches, events: watcher.stats.events, missed }),
  };
}

/** The state of a target that was found unchanged: looked at just now, by every collector that succeeded. */
function redated(state: TargetState, start: number, end: number): TargetState {
  return {
    ...state,
    time: end,
    collectors: state.collectors.map((one) =>
      one.success ? { ...one, lastSuccess: end, durationSeconds: Math.max(0, end - start) / 1000 } : one,
    ),
  };
}

function openOf(memory: Memory): Readonly<Partial<Record<Facet, { since: number; traceId: string }>>> {
  return memory.open;
}

/** Entries that were not settled this time stay as they were known. */
function lastEntries(before: Entries | undefined, now: Entries, observation: Observation): Entries {
  if (before === undefined) return now;
  const observed = observedFacets(observation);
  const unsettled = isUnsettled(observation);
  const kept = [...before].filter(([key]) => {
    const facet = facetOf(key);
    return facet !== undefined && (!observed.includes(facet) || unsettled(key));
  });
  // What was known once is known still, so the mark of what is open now does not stick to it.
  const marks = new Set(facets.map(unsettledKey).filter((key) => !before.has(key)));
  return new Map([...kept, ...[...now].filter(([key]) => !marks.has(key))]);
}

/** Whether anything that is persisted differs; an idle exporter writes nothing. */
function changed(before: Remembered, after: Remembered): boolean {
  const stable = (one: Remembered) =>
    JSON.stringify([
      one.memory,
      one.learner,
      one.learned?.time,
      one.acceptedTold,
      one.last === undefined ? null : [...one.last].sort(),
    ]);
  return stable(before) !== stable(after);
}
