/**
 * One look at a target: what its environment, its files and the program say now is observed, compared with its past, and made the state that is
 * shown and the records that are kept. It watches nothing and keeps nothing: that is the worker's.
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
import type { AskCache, AskedCache } from '../collectors/cache/auditors.ts';
import type { Confirmation } from '../collectors/env/env.ts';
import type { AskDigest, AskedTree } from '../collectors/toolchain/toolchain-digest.ts';
import { type AskBuild, type ReadEnvironment, readEnvironment } from '../environment/process-environment.ts';
import { isOfNobody } from '../environment/sources.ts';
import { observe } from '../observer.ts';
import type { TargetSettings } from '../target.ts';
import { withWriters } from '../writers.ts';
import { readPast, writePast } from './past.ts';
import type { Demands, ObserveAnswer, ObserveJob } from './worker-messages.ts';

/** A look's way to files that it does not know itself, and to the program. What throws without saying that it may fails the look. */
export interface TargetPorts {
  readonly clock: Clock;
  readonly machine: Machine;
  readonly emitter: Emitter;
  /** Adds what the `.godrift.yml` of the workspace says, which lies in that root. Throws AppError for one that cannot be used. */
  readonly refine: (target: TargetSettings, root: string) => Promise<TargetSettings>;
  /** The committed baseline of a workspace in that root; undefined without one. Throws AppError for one that cannot be used. */
  readonly committed: (target: TargetSettings, root: string) => Promise<StoredSnapshot | undefined>;
  /** Waivers, deployments and whitelist, as they concern the target now; `problem` where they cannot be read. */
  readonly exemptions: (
    target: TargetSettings,
  ) => Promise<{ readonly value: Exemptions; readonly problem?: string }>;
  /** The accepted baseline; `lost` where it is there and cannot be used. */
  readonly accepted: (
    target: TargetSettings,
  ) => Promise<{ readonly value?: Approved; readonly lost?: LostBaseline }>;
  readonly confirmation?: Confirmation;
  readonly secretKey?: Uint8Array;
  /** Facets that nobody looks at. */
  readonly disabled?: readonly Facet[];
  /** Asks the program, which knows more than files say. */
  readonly cache: (target: string, cache: AskedCache) => ReturnType<AskCache>;
  readonly digest: (target: string, tree: AskedTree) => ReturnType<AskDigest>;
  readonly build: (target: string, query: Parameters<AskBuild>[0]) => ReturnType<AskBuild>;
}

/** Findings and changes of a facet that a state shows; more help nobody, and would be copied with each state. */
const mostShown = 2_000;

/** The state as the exporter shows it: without the entries, which nothing that it serves needs. */
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

/** What of a step is kept on the disk, as text: nothing where an earlier step has kept the same. */
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

/** What the workspace's own files demand, and why one of them cannot be used: then what it said last stays in force. */
async function demandsOf(
  ports: TargetPorts,
  settings: TargetSettings,
  before: Demands,
  { reading, root }: ReadEnvironment,
) {
  const problems: Record<string, string | undefined> = {};
  // Where the files are is told by the process alone: while there is none, what they said last stays in force.
  if (isOfNobody(reading)) {
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

/** Observes a target as its own files demand, completely where the job says so. */
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

/** That the go that was asked gave another answer than the files, which names the fault; nothing where it was not asked. */
function disagreementOf({ env }: Observation): Readonly<Record<string, string | undefined>> {
  const names = env.status === 'ok' ? env.facts.disagreements : undefined;
  if (names === undefined) return {};
  const text = `go env answers otherwise than the files said for ${names.join(', ')}: that is a fault of godrift, please report it`;
  return { 'go env': names.length === 0 ? undefined : text };
}

/** Looks at a target. Throws what a port throws without saying that it may. */
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
  // In the light of a past that could not be read nothing is recorded, and nothing is known better than before.
  return {
    state: { ...withOnsets(shown(step.state), remembered.memory.open), uncounted: true },
    records: [],
    past: bytes,
    memory: remembered.memory,
    problems,
    unread: true,
  };
}

/** What a step says, as the scheduler takes it over. */
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
