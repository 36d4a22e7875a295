/**
 * Observes a target once: reads its environment, its files and the program's answers, compares the
 * observation with its past, and makes the state to serve and the records to write. Watching and saving are
 * left to the worker and the scheduler.
 */

import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import type { StoredSnapshot } from '../../drift/choose-baseline.ts';
import type { Exemptions } from '../../drift/exemptions.ts';
import { withOnsets } from '../../drift/facet-drift.ts';
import { fingerprint } from '../../drift/fingerprint.ts';
import type { LostBaseline } from '../../drift/lost-baseline.ts';
import type { Observation } from '../../drift/model.ts';
import { formatBody, formatSnapshot } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';
import { advance } from '../../drift/step.ts';
import type { Approved, Past, Step } from '../../drift/step-data.ts';
import type { Emitter } from '../../drift/transition.ts';
import type { Clock, Machine } from '../../host/machine.ts';
import type { AskCache, CacheQuery } from '../collectors/cache/auditors.ts';
import type { Confirmation } from '../collectors/env/env.ts';
import type { AskDigest, TreeQuery } from '../collectors/toolchain/toolchain-digest.ts';
import { type AskBuild, type ReadEnvironment, readEnvironment } from '../environment/process-environment.ts';
import { hasNoProcess } from '../environment/sources.ts';
import { observe } from '../observer.ts';
import type { TargetSettings } from '../target.ts';
import { withWriters } from '../writers.ts';
import { readPast, writePast } from './target-past.ts';
import type { Demands, ObserveAnswer, ObserveJob } from './worker-messages.ts';

/**
 * What an observation requires of the program. If a port throws where its comment does not provide for that,
 * the observation fails.
 */
export interface TargetPorts {
  readonly clock: Clock;
  readonly machine: Machine;
  readonly emitter: Emitter;
  /**
   * Returns the settings with those of the workspace's `.godrift.yml` added, read within the given root.
   * Throws AppError if the file is unusable.
   */
  readonly refine: (target: TargetSettings, root: string) => Promise<TargetSettings>;
  /**
   * Returns the committed baseline of a workspace in the given root; undefined if there is none. Throws
   * AppError if it is unusable.
   */
  readonly committed: (target: TargetSettings, root: string) => Promise<StoredSnapshot | undefined>;
  /**
   * Returns the waivers, deployments and allowlist entries that concern the target now; `problem` if they
   * cannot be read.
   */
  readonly exemptions: (
    target: TargetSettings,
  ) => Promise<{ readonly value: Exemptions; readonly problem?: string }>;
  /** Returns the accepted baseline; `lost` if there is one that cannot be used. */
  readonly accepted: (
    target: TargetSettings,
  ) => Promise<{ readonly value?: Approved; readonly lost?: LostBaseline }>;
  readonly confirmation?: Confirmation;
  readonly secretKey?: Uint8Array;
  /** Facets whose collectors are disabled. */
  readonly disabled?: readonly Facet[];
  /** Asks the program, which knows more than the files. */
  readonly cache: (target: string, cache: CacheQuery) => ReturnType<AskCache>;
  readonly digest: (target: string, tree: TreeQuery) => ReturnType<AskDigest>;
  readonly build: (target: string, query: Parameters<AskBuild>[0]) => ReturnType<AskBuild>;
}

/**
 * Most findings, and most changes per facet, in a served state: more help no reader, and would be copied with
 * each state.
 */
const mostShown = 2_000;

/** Returns the state as it is served, without its entries, which no output needs. */
function shown(state: TargetState): TargetState {
  return {
    ...state,
    entries: new Map(),
    findings: state.findings.slice(0, mostShown),
    facets: Object.fromEntries(
      Object.entries(state.facets).map(([facet, seen]) => [
        facet,
        seen.drift === undefined
          ? seen
          : { ...seen, drift: { ...seen.drift, changes: seen.drift.changes.slice(0, mostShown) } },
      ]),
    ),
  };
}

/** Returns what to save after a step, with snapshots as text; undefined if nothing changed. */
function keptOf({ past, changed }: Step, time: number, { digest }: Emitter): ObserveAnswer['kept'] {
  if (!changed) return undefined;
  const { memory, learner, learned, last, acceptedTold, learnedTold, comparedWithCommitted } =
    past.remembered;
  return {
    memory,
    learner,
    ...(acceptedTold === undefined ? {} : { acceptedTold }),
    ...(learnedTold === undefined ? {} : { learnedTold }),
    ...(comparedWithCommitted === undefined ? {} : { comparedWithCommitted }),
    ...(last === undefined ? {} : { last: formatSnapshot(last, time) }),
    ...(learned === undefined
      ? {}
      : {
          learned: {
            text: formatSnapshot(learned.entries, learned.time),
            fingerprint: fingerprint(formatBody(learned.entries), digest),
            time: learned.time,
          },
        }),
  };
}

/**
 * Returns the demands of the workspace's own files. If one of them is unusable, its last usable contents stay
 * in force and the problem is reported.
 */
async function demandsOf(
  ports: TargetPorts,
  settings: TargetSettings,
  before: Demands,
  { reading, root }: ReadEnvironment,
) {
  const problems: Record<string, string | undefined> = {};
  // The root in which the files lie is known from the process alone: without a process, the last demands stay
  // in force.
  if (hasNoProcess(reading)) {
    const { refined = settings, committed } = before;
    return { demands: before, refined, committed, problems, whyNone: undefined };
  }
  const read = async <T>(name: string, ask: () => Promise<T>, fallback: T): Promise<T> => {
    problems[name] = undefined;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      problems[name] = error.message;
      return fallback;
    }
  };
  const refined = await read('.godrift.yml', () => ports.refine(settings, root), before.refined ?? settings);
  const committed = await read('baseline', () => ports.committed(refined, root), before.committed);
  const demands: Demands = { refined, ...(committed === undefined ? {} : { committed }) };
  const whyNone = problems['.godrift.yml'] ?? problems['baseline'];
  return { demands, refined, committed, problems, whyNone };
}

/** Observes a target with its refined settings; `whole` reads everything anew. */
function observeFor(
  { clock, machine, confirmation, secretKey, cache, digest, disabled }: TargetPorts,
  { name }: TargetSettings,
  refined: TargetSettings,
  environment: ReadEnvironment,
  whole: boolean,
) {
  return observe(refined, machine, clock, {
    environment,
    whole,
    ...(confirmation === undefined ? {} : { copiesDirectory: confirmation.copiesDirectory }),
    ...(whole && confirmation !== undefined ? { confirmation } : {}),
    cache: (asked) => cache(name, asked),
    digest: (tree) => digest(name, tree),
    ...(secretKey === undefined ? {} : { secretKey }),
    ...(disabled === undefined ? {} : { disabled }),
  });
}

/**
 * Returns a problem if `go env` contradicted the files, undefined under its name if it agreed, and nothing if
 * it was not run.
 */
function disagreementOf({ env }: Observation): Readonly<Record<string, string | undefined>> {
  const names = env.status === 'ok' ? env.facts.disagreements : undefined;
  if (names === undefined) return {};
  const text = `go env answers otherwise than the files said for ${names.join(', ')}: that is a fault of godrift, please report it`;
  return { 'go env': names.length === 0 ? undefined : text };
}

/** Observes a target. Throws if a port throws unexpectedly. */
export async function observeTarget(
  ports: TargetPorts,
  { settings, past: bytes, collectors, whole, unread }: ObserveJob,
): Promise<Omit<ObserveAnswer, 'settled'>> {
  const { remembered, demands: demandedBefore, disagreements } = readPast(bytes);
  const environment = await readEnvironment(settings, ports.machine, (query) =>
    ports.build(settings.name, query),
  );
  const asked = await demandsOf(ports, settings, demandedBefore, environment);
  const { demands, refined, committed } = asked;
  const whyNone = unread ?? asked.whyNone;
  const seen = await observeFor(ports, settings, refined, environment, whole);
  const exemptions = await ports.exemptions(refined);
  const accepted = await ports.accepted(refined);
  const before: Past = { remembered, collectors, ...(disagreements === undefined ? {} : { disagreements }) };
  const step = advance(
    {
      observation: seen.observation,
      pool: refined.pool,
      home: seen.home,
      pins: seen.pins,
      required: refined.required,
      baseline: refined.baseline,
      exemptions: exemptions.value,
      ...(committed === undefined ? {} : { committed }),
      ...(accepted.value === undefined ? {} : { accepted: accepted.value }),
      ...(accepted.lost === undefined ? {} : { lostAccepted: accepted.lost }),
      ...(whyNone === undefined ? {} : { whyNone }),
    },
    before,
    ports.emitter,
  );
  const problems = {
    ...asked.problems,
    exemptions: exemptions.problem,
    'accepted baseline': accepted.lost?.why,
    ...disagreementOf(seen.observation),
  };
  if (unread === undefined) {
    const records = withWriters(step.records, {
      observation: seen.observation,
      collectors,
      environment,
      uid: ports.machine.uid,
    });
    return { ...answerOf({ ...step, records }, demands, ports.emitter), problems };
  }
  // The past could not be read, so nothing is recorded and the memory stays as it was.
  return {
    state: { ...withOnsets(shown(step.state), remembered.memory.open), uncounted: true },
    records: [],
    past: bytes,
    memory: remembered.memory,
    problems,
    unread: true,
  };
}

/** Returns a step as the scheduler takes it over. */
function answerOf(
  step: Step,
  demands: Demands,
  emitter: Emitter,
): Omit<ObserveAnswer, 'settled' | 'problems'> {
  const { remembered, disagreements } = step.past;
  const kept = keptOf(step, step.state.time, emitter);
  return {
    state: withOnsets(shown(step.state), remembered.memory.open),
    records: step.records,
    past: writePast({ remembered, demands, ...(disagreements === undefined ? {} : { disagreements }) }),
    memory: remembered.memory,
    ...(kept === undefined ? {} : { kept }),
    ...(step.until === undefined ? {} : { until: step.until }),
  };
}
