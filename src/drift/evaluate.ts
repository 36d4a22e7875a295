/**
 * The verdict: what one observation means against its baseline, its pins and itself. Pure; `check` and the exporter share it.
 */

import {
  type Facet,
  facets,
  type Level,
  levelNumber,
  levels,
  maxLevel,
  portableFacets,
} from '../catalog/facets.ts';
import type { Cause } from '../catalog/metrics.ts';
import { variable } from '../catalog/variables.ts';
import { redacted } from '../go/redacted.ts';
import { withoutRewording } from './alike.ts';
import { cgoByItself } from './cgo-by-itself.ts';
import { findConflicts } from './conflicts/index.ts';
import type { World } from './conflicts/rule.ts';
import { type Diff, diffEntries } from './diff.ts';
import { facetDrift } from './distance.ts';
import { isSet, withEffectiveValues } from './effective.ts';
import { entriesOf, pathRoots, unsettledKey } from './entries.ts';
import { type Exemptions, graceUntil, markWaived, noExemptions, waivedFacets } from './exemptions.ts';
import { cacheState } from './facets/cache.ts';
import { contextState } from './facets/context.ts';
import { modulesState } from './facets/modules.ts';
import { toolsState } from './facets/tools.ts';
import { fingerprint } from './fingerprint.ts';
import { removal } from './goenv-lines.ts';
import {
  type EnvFacts,
  type Finding,
  type Fix,
  factsOf,
  type Observation,
  type Origin,
  seenOf,
} from './model.ts';
import { repairPin } from './pin-repair.ts';
import { evaluatePin, type Pin } from './pins.ts';
import { localPath, type PathRoots } from './portable.ts';
import { secretChanged, withoutHostEntries, withSecretsCompared } from './secret-entries.ts';
import { settledFixes } from './settled-fixes.ts';
import { shellWord } from './shell-word.ts';
import { shippedWayBack, withShippedCompared } from './shipped-entries.ts';
import { shortDigests } from './short-digests.ts';
import { type Entries, facetOf, formatBody } from './snapshot.ts';
import type {
  CollectorState,
  Counters,
  EntryChange,
  FacetDrift,
  FacetState,
  PinState,
  TargetState,
} from './state.ts';
import { visibleFinding } from './visible-finding.ts';

/** What a target is compared with: portable facets and host facets may come from different snapshots (design §3, §5). */
export interface Baseline {
  readonly kind: 'pinned' | 'learned' | 'none';
  readonly source: string;
  /** It comes from the repository: whoever can open a pull request can write it. */
  readonly committed?: true;
  readonly time?: number;
  /** Entries by facet; a facet that is not there is not compared. */
  readonly entries: ReadonlyMap<Facet, Entries>;
  readonly fingerprint?: string;
}

export const noBaseline: Baseline = { kind: 'none', source: '', entries: new Map() };

/** What a pass adds to what the exporter remembers of a target. */
export interface EvaluationInput {
  readonly observation: Observation;
  readonly pool: string;
  readonly home: string;
  readonly baseline: Baseline;
  readonly pins: readonly Pin[];
  readonly required: readonly string[];
  readonly collectors: readonly CollectorState[];
  readonly counters: Counters;
  /** Onset and trace of the drifts that last, by facet. */
  readonly open: Readonly<Partial<Record<Facet, { readonly since: number; readonly traceId: string }>>>;
  readonly exemptions?: Exemptions;
  /** What is to be said of the baseline itself. */
  readonly baselineFindings?: readonly Finding[];
  /** Hex SHA-256; passed in so that this folder needs no crypto. */
  readonly digest: (text: string) => string;
}

/** Splits entries by facet; every facet in `all` gets a map, empty or not. */
export function splitByFacet(entries: Entries, all: readonly Facet[]): ReadonlyMap<Facet, Entries> {
  const split = new Map<Facet, Map<string, string>>(all.map((facet) => [facet, new Map()]));
  for (const [key, value] of entries) {
    const facet = facetOf(key);
    if (facet !== undefined) split.get(facet)?.set(key, value);
  }
  return split;
}

/** Differences by facet, for the facets that both sides know. */
export function diffFacets(
  before: ReadonlyMap<Facet, Entries>,
  after: ReadonlyMap<Facet, Entries>,
): ReadonlyMap<Facet, Diff> {
  const diffs = new Map<Facet, Diff>();
  for (const [facet, entries] of after) {
    const old = before.get(facet);
    if (old !== undefined) diffs.set(facet, diffEntries(old, entries));
  }
  return diffs;
}

/** Every key that differs: a change in one facet may follow from one in another. */
export function keysOf(diffs: ReadonlyMap<Facet, Diff>): ReadonlySet<string> {
  return new Set(
    [...diffs.values()].flatMap((diff) =>
      [...diff.added, ...diff.removed, ...diff.changed].map((change) => change.key),
    ),
  );
}

function portable(key: string): boolean {
  const facet = facetOf(key);
  return facet !== undefined && (portableFacets as readonly Facet[]).includes(facet);
}

/** The fingerprint of what does not depend on the host, without secrets; `digest` is hex SHA-256. */
export function portableFingerprint(entries: Entries, digest: EvaluationInput['digest']): string {
  return fingerprint(
    formatBody(new Map([...withoutHostEntries(entries)].filter(([key]) => portable(key)))),
    digest,
  );
}

/** Facets that this observation settles; one with nothing to read is settled too, and has no entries. */
export function observedFacets(observation: Observation): readonly Facet[] {
  return facets.filter((facet) => ['ok', 'absent'].includes(observation[facet].status));
}

/** Whether a key was left open by this observation: its absence says nothing. */
export function isUnsettled(observation: Observation): (key: string) => boolean {
  return matcher(
    facets.flatMap((facet) => {
      const outcome = observation[facet];
      return outcome.status === 'ok' ? (outcome.unsettled ?? []) : [];
    }),
  );
}

/** Whether a key is one of these, or below one that ends in `*`. */
function matcher(open: readonly string[]): (key: string) => boolean {
  if (open.length === 0) return () => false;
  const keys = new Set(open);
  const prefixes = open.filter((key) => key.endsWith('*')).map((key) => key.slice(0, -1));
  return (key) => keys.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
}

/** What both of two snapshots settled, by facet: a key that one of them left open, and does not have, is compared with nothing. */
export interface Comparable {
  readonly before: ReadonlyMap<Facet, Entries>;
  readonly after: ReadonlyMap<Facet, Entries>;
}

/** The entries of an earlier snapshot and of this observation that can be compared. */
export function comparable(
  before: ReadonlyMap<Facet, Entries>,
  after: ReadonlyMap<Facet, Entries>,
  observation: Observation,
): Comparable {
  const openNow = isUnsettled(observation);
  const open = facets.some((facet) => {
    const outcome = observation[facet];
    return outcome.status === 'ok' && outcome.unsettled !== undefined;
  });
  const both = { before: new Map<Facet, Entries>(), after: new Map<Facet, Entries>() };
  for (const [facet, seen] of after) {
    const known = before.get(facet);
    if (known === undefined) continue;
    const { old, now } =
      facet === 'env' ? comparedEnvironments(known, seen, observation) : { old: known, now: seen };
    const marked = old.get(unsettledKey(facet));
    const lone = loneDigest(old, now);
    if (marked === undefined && !open && lone === undefined) {
      both.before.set(facet, old);
      both.after.set(facet, now);
      continue;
    }
    const openThen = matcher((marked ?? '').split(' ').filter(Boolean));
    const settled = ([key]: readonly [string, string]) =>
      key !== unsettledKey(facet) &&
      key !== lone &&
      (old.has(key) || !openThen(key)) &&
      (now.has(key) || !openNow(key));
    both.before.set(facet, new Map([...old].filter(settled)));
    both.after.set(facet, new Map([...now].filter(settled)));
  }
  return both;
}

/** Entries of the environment as they are compared: what differs in words only is the same. */
function comparedEnvironments(
  known: Entries,
  seen: Entries,
  observation: Observation,
): { readonly old: Entries; readonly now: Entries } {
  const lines = withShippedCompared(known, withoutRewording(known, seen));
  const { old, now } = withSecretsCompared(lines.old, lines.now);
  return withEffectiveValues(old, now, factsOf(observation, 'env')?.variables);
}

/** The digest of the toolchain where one side only knows it: it proves nothing, and was not made to be compared then. */
function loneDigest(old: Entries, now: Entries): string | undefined {
  const key = 'toolchain.digest';
  return old.has(key) === now.has(key) ? undefined : key;
}

/** Where the value stands that differs. A default that shows again because a setting is gone is nobody's fault. */
function originOfKey(
  observation: Observation,
  { key, new: actual }: { readonly key: string; readonly new?: string },
): Origin | undefined {
  if (!key.startsWith('env.')) return undefined;
  const origin = factsOf(observation, 'env')?.variables.get(key.slice(4))?.origin;
  if (origin?.kind === 'goroot' && actual === undefined) return undefined;
  return origin?.kind === 'default' ? undefined : origin;
}

/** Why a facet differs, where it is known: what the project asks for itself, a marked deployment that it began in, or a switch. */
function causeOf(input: EvaluationInput, facet: Facet): Cause {
  const { observation, open, exemptions } = input;
  const content = factsOf(observation, 'cache')?.content;
  if (facet === 'cache' && content !== undefined && content.corruptCount + content.reboundCount > 0)
    return 'damage';
  const selection = factsOf(observation, 'toolchain')?.selection;
  const switched = facet === 'toolchain' && selection !== undefined && selection.outcome !== 'local';
  if (switched && typeof selection.cause === 'object') return 'pin-changed';
  const deployment = exemptions?.deployment;
  const since = open[facet]?.since ?? observation.time;
  if (deployment !== undefined && since >= deployment.time && since <= graceUntil(deployment))
    return 'deployment';
  return switched ? 'toolchain-switch' : 'unknown';
}

function driftOfFacet(
  input: EvaluationInput,
  facet: Facet,
  diffs: ReadonlyMap<Facet, Diff>,
  changedKeys: ReadonlySet<string>,
): FacetDrift | undefined {
  const diff = diffs.get(facet);
  if (diff === undefined) return undefined;
  const { changeRatio, semanticDistance, level, changes } = facetDrift(diff, changedKeys);
  const open = input.open[facet];
  const entryChanges = changes.map((change): EntryChange => {
    const origin = originOfKey(input.observation, change);
    return {
      facet,
      key: change.key,
      ...(change.old === undefined ? {} : { expected: change.old }),
      ...(change.new === undefined ? {} : { actual: change.new }),
      weight: change.weight,
      level: change.level,
      ...(origin === undefined ? {} : { origin }),
    };
  });
  return {
    level,
    changeRatio,
    semanticDistance,
    added: diff.added.length,
    removed: diff.removed.length,
    changed: diff.changed.length,
    changes: entryChanges,
    ...(entryChanges.length === 0 ? {} : { cause: causeOf(input, facet) }),
    ...(open === undefined || entryChanges.length === 0 ? {} : { since: open.since, traceId: open.traceId }),
  };
}

function driftFindings(
  facetStates: readonly FacetState[],
  baseline: Baseline,
  observation: Observation,
  roots: PathRoots,
): readonly Finding[] {
  return facetStates.flatMap(({ facet, drift }) =>
    (drift?.changes ?? [])
      .filter((change) => change.level !== 'none')
      .map((change): Finding => {
        const rule =
          change.expected === undefined ? 'added' : change.actual === undefined ? 'removed' : 'changed';
        const subject = change.key.replace(/^env\./, '');
        const shown = (value: string | undefined) => shortDigests(value || 'none');
        const was = shown(change.expected);
        const is = shown(change.actual);
        const summary =
          cgoByItself(change.key, observation)?.summary ??
          (change.actual?.endsWith(secretChanged)
            ? `what is hidden of ${subject} changed: ${is}`
            : rule === 'added'
              ? `${subject} is ${is}; the baseline has none`
              : rule === 'removed'
                ? `${subject} was ${was} and ${insteadOf(change.key, observation)}`
                : `${subject} was ${was} and is ${is}`);
        return {
          kind: 'drift',
          rule,
          facet,
          level: change.level,
          key: change.key,
          ...(change.expected === undefined ? {} : { expected: change.expected }),
          ...(change.actual === undefined ? {} : { actual: change.actual }),
          ...(change.origin === undefined ? {} : { origin: change.origin }),
          summary,
          repair: repairDrift(change, baseline, observation),
          ...fixDrift(change, baseline, observation, roots),
        };
      }),
  );
}

/** What is in the place of an entry that is no more: a variable that is set to its default is not gone. */
function insteadOf(key: string, observation: Observation): string {
  const fact = key.startsWith('env.') ? factsOf(observation, 'env')?.variables.get(key.slice(4)) : undefined;
  return fact !== undefined && isSet(fact) ? `is ${fact.value}, which is the default` : 'is gone';
}

/** The narrowest way back to the expected value; approving the new one is the alternative that is always there. */
function repairDrift(change: EntryChange, baseline: Baseline, observation: Observation): string {
  const accept =
    baseline.committed === true ? 'commit a new .godrift.snapshot' : 'godrift baseline accept --reason …';
  const name = change.key.slice(change.key.indexOf('.') + 1);
  const cgo = cgoByItself(change.key, observation);
  if (cgo !== undefined) return `${cgo.repair} (or ${accept})`;
  if (change.expected?.includes(redacted))
    return `put back the value of ${name} that was there (or ${accept})`;
  const line = shippedWayBack(change, baseline.entries.get('env'));
  // The line is this host's own, whatever baseline is committed.
  if (line !== undefined) return `${line} (or godrift baseline accept --reason …)`;
  if (change.facet === 'env' && change.origin?.kind !== 'goroot' && baseline.committed === true)
    return reviewed(change, name);
  if (change.facet === 'env' && change.origin?.kind === 'process') {
    return change.expected === undefined
      ? `unset ${name} (or ${accept})`
      : `export ${name}=${shellWord(change.expected)} (or ${accept})`;
  }
  if (change.facet === 'env' && change.origin?.kind === 'goroot' && change.expected === undefined)
    return `restore ${name} in ${change.origin.path ?? '$GOROOT/go.env'} as the Go release has it (or ${accept})`;
  if (change.facet === 'env' && change.origin?.kind === 'goenv') {
    const place = `${change.origin.path}${change.origin.line === undefined ? '' : `:${change.origin.line}`}`;
    return change.expected === undefined
      ? `remove ${place} (or ${accept})`
      : `write ${name}=${change.expected} at ${place} (or ${accept})`;
  }
  if (change.facet === 'env') {
    const how = variable(name)?.goenvWritable === false ? 'export' : 'export or go env -w';
    return `set ${name}=${change.expected ?? ''} where it was set before, by ${how} (or ${accept})`;
  }
  if (change.key === 'toolchain.version') return `${toolchainWayBack(change, observation)} (or ${accept})`;
  const back = filesWayBack(change, observation);
  return back === undefined ? accept : `${back} (or ${accept})`;
}

/**
 * The words for a difference from a committed baseline. They are no command to copy: a pull request that takes a line out of the file, or
 * puts one in, must not have anybody unset GOSUMDB, or export what it names.
 */
function reviewed({ expected, origin }: EntryChange, name: string): string {
  const line = origin?.line === undefined ? '' : `:${origin.line}`;
  const place = origin?.path === undefined ? 'in the environment' : `at ${origin.path}${line}`;
  const wants = expected === undefined ? `no ${name}` : `${name}=${expected}`;
  return `the committed baseline has ${wants}: see which of them is right, then correct it ${place}, or commit a new .godrift.snapshot`;
}

/** How to get back what builds read from files, where it is known; what only follows from something else has no way of its own. */
function filesWayBack(change: EntryChange, observation: Observation): string | undefined {
  if (change.key === 'modules.vendor') {
    const command = factsOf(observation, 'modules')?.work === undefined ? 'go mod vendor' : 'go work vendor';
    return `restore the vendor directory from version control, or run ${command}`;
  }
  const module = factsOf(observation, 'modules')?.list.find((one) => change.key === `modules.${one.path}`);
  if (module?.replacement?.digest !== undefined)
    return `put back what was in ${module.replacement.path}, as seen from go.mod or go.work`;
  if (change.key === 'modules.main_module')
    return `restore the go.mod of ${observation.workspace} from version control`;
  if (change.key !== 'toolchain.digest') return undefined;
  const goroot = factsOf(observation, 'toolchain')?.local?.goroot;
  return goroot === undefined ? undefined : `unpack the Go release into ${goroot} again`;
}

/** What made a build here use another toolchain: a line, GOTOOLCHAIN, or another go on PATH. */
function toolchainWayBack({ expected = '' }: EntryChange, observation: Observation): string {
  const toolchain = factsOf(observation, 'toolchain');
  const { outcome = 'local', cause } = toolchain?.selection ?? {};
  if (outcome !== 'local' && typeof cause === 'object') return `take back ${cause.file}:${cause.line}`;
  if (outcome !== 'local' && cause === 'GOTOOLCHAIN') return 'set GOTOOLCHAIN back';
  const sdk = toolchain?.installed.find(({ version }) => version === expected);
  return `put go${expected} first on PATH${sdk === undefined ? '' : ` (found: ${sdk.bin})`}`;
}

/**
 * {@link repairDrift} as a command, where it is one. It comes from this host's own past only (design §9), what it takes away included: a pull
 * request can edit the committed file. What a secret was replaced by, or a path that means nothing on this machine, is no value either.
 */
function fixDrift(
  change: EntryChange,
  baseline: Baseline,
  observation: Observation,
  roots: PathRoots,
): { readonly fix?: Fix } {
  const name = change.key.slice(change.key.indexOf('.') + 1);
  if (change.facet !== 'env' || change.origin === undefined || baseline.committed === true) return {};
  const { kind, path, line } = change.origin;
  if (kind === 'process') {
    if (change.expected === undefined) return { fix: { action: 'unset', name } };
    const value = localPath(change.expected, roots);
    // An escape stands for a character that is not shown: the value itself is not known.
    if (value === undefined || value.includes(redacted) || /\\(?:u[0-9a-f]{4}|[bfnrt])/.test(value))
      return {};
    return { fix: { action: 'export', name, value } };
  }
  if (kind === 'goenv' && change.expected === undefined && path !== undefined && line !== undefined)
    return { fix: removal(factsOf(observation, 'env'), name, path, line) };
  return {};
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

function pinFindings(pins: readonly PinState[], version: string, world: World): readonly Finding[] {
  return pins
    .filter((pin) => pin.level !== 'none')
    .map((pin): Finding => {
      const wants = pin.kind === 'floor' ? `at least go${pin.version}` : `go${pin.version}`;
      return {
        kind: 'pin',
        rule: pin.rule,
        facet: 'toolchain',
        level: pin.level,
        key: 'toolchain.version',
        expected: pin.version,
        actual: version,
        ...(pin.path === ''
          ? {}
          : {
              origin: {
                kind: 'file' as const,
                path: pin.path,
                ...(pin.line === 0 ? {} : { line: pin.line }),
              },
            }),
        summary: `${pin.source} wants ${wants}, a build here uses go${version}`,
        ...repairPin(pin, world),
      };
    });
}

function missingFindings(required: TargetState['required']): readonly Finding[] {
  return required
    .filter((one) => one.missing)
    .map(
      ({ name }): Finding => ({
        kind: 'missing',
        rule: 'required-variable-missing',
        facet: 'env',
        level: 'minor',
        key: `env.${name}`,
        summary: `${name} is required here and not set`,
        repair: `export ${name} in the environment that builds`,
      }),
    );
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

/** Highest level first, then facet, key, rule: the order of the contract. */
function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) =>
      levelNumber(b.level) - levelNumber(a.level) ||
      facets.indexOf(a.facet) - facets.indexOf(b.facet) ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) ||
      (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
  );
}

function exportedEnvironment(observation: Observation): TargetState['environment'] {
  return [...(factsOf(observation, 'env')?.variables.values() ?? [])]
    .filter(
      (fact) => variable(fact.name)?.exported === true && fact.value !== '' && fact.value !== fact.default,
    )
    .map((fact) => ({ name: fact.name, value: fact.value, origin: fact.origin.kind }));
}

/** The word of the contract for how a collector ended. */
const statusWords = {
  ok: 'ok',
  absent: 'absent',
  not_evaluated: 'not_evaluated',
  failed: 'unreadable',
} as const;

function facetStatus(observation: Observation): TargetState['facetStatus'] {
  return Object.fromEntries(
    facets.map((facet) => [facet, statusWords[observation[facet].status]]),
  ) as TargetState['facetStatus'];
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

/** Whether a variable would differ from the baseline in another environment; undefined where no variables are compared. */
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

/** Evaluates one observation. Everything that depends on time or memory comes in as data. */
export function evaluate(input: EvaluationInput): TargetState {
  const { observation, digest } = input;
  const entries = entriesOf(observation, input.home);
  const observed = observedFacets(observation);
  const split = splitByFacet(entries, observed);
  const compared = comparable(input.baseline.entries, split, observation);
  const diffs = diffFacets(compared.before, compared.after);
  const changedKeys = keysOf(diffs);
  const facetStates = observed.map((facet): FacetState => {
    const own = withoutHostEntries(split.get(facet) ?? new Map());
    const drift = driftOfFacet(input, facet, diffs, changedKeys);
    return {
      facet,
      entries: own.size,
      fingerprint: fingerprint(formatBody(own), digest),
      ...(drift === undefined ? {} : { drift }),
    };
  });
  const version = effectiveVersion(observation);
  const pins = pinStates(input.pins, version);
  const env = factsOf(observation, 'env');
  const toolchain = factsOf(observation, 'toolchain');
  const modules = factsOf(observation, 'modules');
  const cache = seenOf(observation, 'cache');
  const tools = factsOf(observation, 'tools');
  const context = factsOf(observation, 'context');
  const required = input.required.map((name) => ({
    name,
    missing: env !== undefined && !env.present.has(name) && (env.variables.get(name)?.value ?? '') === '',
  }));
  const exemptions = input.exemptions ?? noExemptions;
  const { workspace } = observation;
  const world: World = { workspace, pins: input.pins, toolchain, env, modules, cache, tools, context };
  const found = sortFindings([
    ...[
      ...driftFindings(facetStates, input.baseline, observation, pathRoots(observation, input.home)),
      ...pinFindings(pins, version ?? '', world),
      ...(env === undefined ? [] : missingFindings(required)),
      ...(input.baselineFindings ?? []),
    ].map(visibleFinding),
    ...findConflicts(world),
  ]);
  const findings = settledFixes(markWaived(found, exemptions, observation.time), {
    world,
    conflictsOf: findConflicts,
    differs: differenceOf(input),
  });
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
    required: env === undefined ? [] : required,
    ...(env?.disagreements === undefined ? {} : { disagreements: env.disagreements.length }),
    ...(modules === undefined ? {} : { modules: modulesState(modules) }),
    ...(cache === undefined ? {} : { cache: cacheState(cache) }),
    ...(tools === undefined ? {} : { tools: toolsState(tools) }),
    ...(context === undefined ? {} : { context: contextState(context) }),
    facets: Object.fromEntries(facetStates.map((state) => [state.facet, state])),
    facetStatus: facetStatus(observation),
    baseline: {
      kind: input.baseline.kind,
      source: input.baseline.source,
      ...(input.baseline.fingerprint === undefined ? {} : { fingerprint: input.baseline.fingerprint }),
      ...(input.baseline.time === undefined ? {} : { time: input.baseline.time }),
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
