/**
 * Evaluates one observation against its baseline, its pins and itself. Pure; shared by `check` and the
 * exporter.
 */

import { type Facet, facets, type Level, levels, maxLevel } from '../catalog/facets.ts';
import { variable } from '../catalog/variables.ts';
import type { Baseline } from './choose-baseline.ts';
import {
  comparable,
  diffFacets,
  keysOf,
  observedFacets,
  portableFingerprint,
  splitByFacet,
} from './compare.ts';
import { findConflicts } from './conflicts/index.ts';
import type { World } from './conflicts/rule.ts';
import { entriesOf, originsOf, pathRoots, unsettledKey } from './entries.ts';
import { type Exemptions, markWaived, noExemptions, waivedFacets } from './exemptions.ts';
import { driftOfFacet, type Onsets } from './facet-drift.ts';
import { cacheState } from './facets/cache.ts';
import { contextState } from './facets/context.ts';
import { modulesState } from './facets/modules.ts';
import { toolsState } from './facets/tools.ts';
import { driftFindings, missingFindings, pinFindings, sortFindings } from './findings.ts';
import { fingerprint } from './fingerprint.ts';
import { lostSecrets } from './lost-baseline.ts';
import { type EnvFacts, type Finding, factsOf, isProcessUnknown, type Observation, seenOf } from './model.ts';
import { evaluatePin, type Pin } from './pins.ts';
import { uncomparedSecrets, withoutHostEntries } from './secret-entries.ts';
import { settledFixes } from './settled-fixes.ts';
import { type Entries, facetOf, formatBody } from './snapshot.ts';
import type { CollectorState, Counters, FacetState, PinState, TargetState } from './state.ts';
import { visibleFinding } from './visible-finding.ts';

/** Input of {@link evaluate}: an observation, and what the exporter remembers of its target. */
export interface EvaluationInput {
  readonly observation: Observation;
  /** Entries of this observation (`entriesOf`). */
  readonly entries: Entries;
  readonly pool: string;
  /** The user's home directory; paths inside are written relative to it. */
  readonly home: string;
  readonly baseline: Baseline;
  readonly pins: readonly Pin[];
  readonly required: readonly string[];
  readonly collectors: readonly CollectorState[];
  readonly counters: Counters;
  /** Drifts that are open. Their onset decides whether a deployment is the cause. */
  readonly open: Onsets;
  readonly exemptions?: Exemptions;
  /** Findings about the baseline itself. */
  readonly baselineFindings?: readonly Finding[];
  /** Returns hex SHA-256; a parameter so that this folder needs no crypto. */
  readonly digest: (text: string) => string;
}

function effectiveVersion(observation: Observation): string | undefined {
  const toolchain = factsOf(observation, 'toolchain');
  return toolchain?.selection?.effective || toolchain?.local?.version;
}

function pinStates(pins: readonly Pin[], version: string | undefined): readonly PinState[] {
  if (version === undefined) return [];
  return pins.map((pin) => {
    const { level, deviation } = evaluatePin(pin, version);
    return {
      source: pin.source,
      rule: pin.rule,
      kind: pin.kind,
      version: pin.version,
      path: pin.path,
      line: pin.line,
      level,
      deviation,
    };
  });
}

function exemptionState(
  exemptions: Exemptions,
  findings: readonly Finding[],
  now: number,
): NonNullable<TargetState['exemptions']> {
  const { whitelisted, deployment } = exemptions;
  return {
    whitelisted,
    ...(deployment === undefined
      ? {}
      : { deployment: { time: deployment.time, graceSeconds: deployment.graceSeconds } }),
    waivedUntil: waivedFacets(findings, exemptions, now),
  };
}

function exportedEnvironment(observation: Observation): TargetState['environment'] {
  return [...(factsOf(observation, 'env')?.variables.values() ?? [])]
    .filter(
      (fact) => variable(fact.name)?.exported === true && fact.value !== '' && fact.value !== fact.default,
    )
    .map((fact) => ({ name: fact.name, value: fact.value, origin: fact.origin.kind }));
}

/** The contract's words for how a collector ended. */
const statusWords = {
  ok: 'ok',
  absent: 'absent',
  not_evaluated: 'not_evaluated',
  failed: 'unreadable',
} as const;

function facetStatus(observation: Observation, entries: Entries): TargetState['facetStatus'] {
  const marks = new Set(facets.map(unsettledKey));
  const known = new Set([...entries.keys()].filter((key) => !marks.has(key)).map(facetOf));
  const wordOf = (facet: Facet) => {
    const outcome = observation[facet];
    if (outcome.status !== 'ok') return statusWords[outcome.status];
    // A facet whose keys are all unsettled, and that has no entries, was not compared; it must not look in
    // sync.
    const isOpen = outcome.unsettled?.includes(`${facet}.*`) === true && !known.has(facet);
    return isOpen || outcome.unjudged !== undefined ? 'not_evaluated' : 'ok';
  };
  return Object.fromEntries(facets.map((facet) => [facet, wordOf(facet)])) as TargetState['facetStatus'];
}

function toolchainState(observation: Observation): Pick<TargetState, 'toolchain'> {
  const { selection, local } = factsOf(observation, 'toolchain') ?? {};
  const version = effectiveVersion(observation);
  if (version === undefined || local === undefined) return {};
  const variables = factsOf(observation, 'env')?.variables;
  return {
    toolchain: {
      version,
      goos: variables?.get('GOOS')?.value ?? '',
      goarch: variables?.get('GOARCH')?.value ?? '',
      origin: selection?.outcome ?? 'local',
      ...(selection?.pendingDownload === undefined
        ? {}
        : { downloadPending: selection.pendingDownload.replace(/^go/, '') }),
    },
  };
}

/**
 * Returns a function that reports whether a variable would differ from the baseline in another environment;
 * undefined if variables are not compared.
 */
function differenceOf({
  baseline,
  observation,
  home,
}: EvaluationInput): ((name: string, env: EnvFacts) => boolean) | undefined {
  if (baseline.entries.get('env') === undefined || observation.env.status !== 'ok') return undefined;
  return (name, facts) => {
    const unread = { status: 'absent', why: '' } as const;
    const others = { modules: unread, cache: unread, tools: unread, context: unread };
    const other: Observation = { ...observation, ...others, env: { status: 'ok', facts } };
    const split = splitByFacet(entriesOf(other, home), ['env']);
    const { before, after } = comparable(baseline.entries, split, other);
    return keysOf(diffFacets(before, after)).has(`env.${name}`);
  };
}

/** Returns the state of each facet that this observation settled, with its distance from the baseline. */
function facetStatesOf(input: EvaluationInput, observed: readonly Facet[]): readonly FacetState[] {
  const { observation, exemptions = noExemptions, open, digest } = input;
  const split = splitByFacet(input.entries, observed);
  const compared = comparable(input.baseline.entries, split, observation);
  const diffs = diffFacets(compared.before, compared.after);
  const changedKeys = keysOf(diffs);
  const origins = originsOf(observation);
  return observed.map((facet): FacetState => {
    const own = withoutHostEntries(split.get(facet) ?? new Map());
    const diff = diffs.get(facet);
    const outcome = observation[facet];
    const { unsettled } = outcome.status === 'ok' ? outcome : {};
    return {
      facet,
      entries: own.size,
      fingerprint: fingerprint(formatBody(own), digest),
      ...(unsettled === undefined ? {} : { unsettled }),
      ...(diff === undefined
        ? {}
        : { drift: driftOfFacet(facet, diff, changedKeys, origins, { observation, exemptions, open }) }),
    };
  });
}

/** Returns for each required variable whether it is missing. */
function requiredStates(names: readonly string[], env: EnvFacts | undefined): TargetState['required'] {
  if (env === undefined) return [];
  // Without a go, the values from settings files are not known; only variables of the process environment are
  // certain.
  const known = env.variables.size === 0 ? names.filter((name) => env.present.has(name)) : names;
  return known.map((name) => ({
    name,
    missing: !env.present.has(name) && (env.variables.get(name)?.value ?? '') === '',
  }));
}

/** Returns the input of conflict rules that comes from the observation alone: without pins and baseline. */
export function worldOf(observation: Observation): World {
  return {
    workspace: observation.workspace,
    ...(isProcessUnknown(observation.environment) ? { processUnknown: true } : {}),
    toolchain: factsOf(observation, 'toolchain'),
    env: factsOf(observation, 'env'),
    modules: factsOf(observation, 'modules'),
    ...(observation.modules.status === 'ok' ? { modulesUnjudged: observation.modules.unjudged } : {}),
    cache: seenOf(observation, 'cache'),
    tools: factsOf(observation, 'tools'),
    context: factsOf(observation, 'context'),
  };
}

/** Returns all findings of the target, highest level first. */
function findingsOf(
  input: EvaluationInput,
  facetStates: readonly FacetState[],
  pins: readonly PinState[],
  required: TargetState['required'],
): readonly Finding[] {
  const { observation, baseline, exemptions = noExemptions } = input;
  const world: World = {
    ...worldOf(observation),
    pins: input.pins,
    baselineGo: baseline.entries.get('toolchain')?.get('toolchain.version'),
    baselineHasWork: baseline.entries.get('modules')?.has('modules.go_work') === true,
  };
  const own = [
    ...driftFindings(facetStates, baseline, observation, {
      roots: pathRoots(observation, input.home),
      required: input.required,
    }),
    ...pinFindings(pins, effectiveVersion(observation) ?? '', world),
    ...missingFindings(required),
    ...lostSecrets(
      observation.env.status === 'ok'
        ? uncomparedSecrets(baseline.entries.get('env') ?? new Map(), input.entries)
        : [],
    ),
    ...(input.baselineFindings ?? []),
  ].map(visibleFinding);
  const found = sortFindings([...own, ...findConflicts(world)]);
  return settledFixes(markWaived(found, exemptions, observation.time), {
    world,
    conflictsOf: findConflicts,
    differs: differenceOf(input),
  });
}

/** Returns the state of modules, cache, tools and context, as far as known. */
function detailStates(
  observation: Observation,
): Pick<TargetState, 'modules' | 'cache' | 'tools' | 'context'> {
  const modules = factsOf(observation, 'modules');
  const cache = seenOf(observation, 'cache');
  const tools = factsOf(observation, 'tools');
  const context = factsOf(observation, 'context');
  return {
    ...(modules === undefined ? {} : { modules: modulesState(modules) }),
    ...(cache === undefined ? {} : { cache: cacheState(cache) }),
    ...(tools === undefined ? {} : { tools: toolsState(tools) }),
    ...(context === undefined ? {} : { context: contextState(context) }),
  };
}

/** Evaluates one observation. Everything that depends on time or memory is input data. */
export function evaluate(input: EvaluationInput): TargetState {
  const { observation, entries, digest } = input;
  const { kind, source, fingerprint, time } = input.baseline;
  const facetStates = facetStatesOf(input, observedFacets(observation));
  const pins = pinStates(input.pins, effectiveVersion(observation));
  const env = factsOf(observation, 'env');
  const required = requiredStates(input.required, env);
  const findings = findingsOf(input, facetStates, pins, required);
  return {
    target: observation.target,
    workspace: observation.workspace,
    pool: input.pool,
    environmentSource: observation.environment.source,
    readable: { ok: observation.environment.readable, reason: observation.environment.reason },
    time: observation.time,
    collectors: input.collectors,
    ...toolchainState(observation),
    pins,
    environment: exportedEnvironment(observation),
    required,
    ...(env?.disagreements === undefined ? {} : { disagreements: env.disagreements.length }),
    ...detailStates(observation),
    facets: Object.fromEntries(facetStates.map((state) => [state.facet, state])),
    facetStatus: facetStatus(observation, entries),
    baseline: {
      kind,
      source,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(time === undefined ? {} : { time }),
    },
    ...(input.exemptions === undefined
      ? {}
      : { exemptions: exemptionState(input.exemptions, findings, observation.time) }),
    entries,
    fingerprint: portableFingerprint(entries, digest),
    findings,
    level: findings.reduce<Level>((level, finding) => maxLevel(level, finding.level), levels[0]),
    counters: input.counters,
  };
}
