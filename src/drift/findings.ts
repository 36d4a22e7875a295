/** Findings from comparisons: drifts, pins that are not met, required variables that are missing. */
import { facets, levelNumber } from '../catalog/facets.ts';
import { cgoByItself } from './cgo-by-itself.ts';
import type { Baseline } from './choose-baseline.ts';
import type { World } from './conflicts/rule.ts';
import { acceptance, fixDrift, repairDrift } from './drift-repair.ts';
import { isSet } from './effective.ts';
import { type Finding, factsOf, type Observation } from './model.ts';
import { repairPin } from './pin-repair.ts';
import { localPath, type PathRoots } from './portable.ts';
import { secretChanged } from './secret-entries.ts';
import { shortDigests } from './short-digests.ts';
import type { EntryChange, FacetState, PinState, TargetState } from './state.ts';

/**
 * Context for judging drifts: the directories that paths of the baseline are relative to, and the required
 * variables.
 */
export interface DriftContext {
  readonly roots: PathRoots;
  readonly required: readonly string[];
}

/** Returns a finding for each change of each facet that has a level above `none`. */
export function driftFindings(
  facetStates: readonly FacetState[],
  baseline: Baseline,
  observation: Observation,
  { roots, required }: DriftContext,
): readonly Finding[] {
  return facetStates.flatMap(({ facet, drift }) =>
    (drift?.changes ?? [])
      .filter((change) => change.level !== 'none')
      .map((change): Finding => {
        // The baseline lacks the variable and the project requires it: only a new baseline satisfies both.
        const isRequired =
          change.expected === undefined && required.includes(change.key.replace(/^env\./, ''));
        return {
          kind: 'drift',
          rule: ruleOf(change),
          facet,
          level: change.level,
          key: change.key,
          ...(change.expected === undefined ? {} : { expected: change.expected }),
          ...(change.actual === undefined ? {} : { actual: change.actual }),
          ...(change.origin === undefined ? {} : { origin: change.origin }),
          summary: summaryOf(change, observation),
          ...(isRequired
            ? {
                repair: `${acceptance(change, baseline)}: it is required here, and the baseline is without it`,
              }
            : {
                repair: repairDrift(
                  baseline.committed === true ? change : withLocalValue(change, roots),
                  baseline,
                  observation,
                ),
                ...fixDrift(change, baseline, observation, roots),
              }),
        };
      }),
  );
}

/**
 * Returns a change with the expected value as it is on this machine, ready to copy; unchanged if the value
 * has no meaning here.
 */
function withLocalValue(change: EntryChange, roots: PathRoots): EntryChange {
  const value =
    change.facet !== 'env' || change.expected === undefined ? undefined : localPath(change.expected, roots);
  return value === undefined ? change : { ...change, expected: value };
}

function ruleOf({ expected, actual }: EntryChange): 'added' | 'removed' | 'changed' {
  if (expected === undefined) return 'added';
  return actual === undefined ? 'removed' : 'changed';
}

/** Returns the one-line summary of a change. */
function summaryOf(change: EntryChange, observation: Observation): string {
  const cgo = cgoByItself(change.key, observation);
  if (cgo !== undefined) return cgo.summary;
  const subject = change.key.replace(/^env\./, '');
  const was = shortDigests(change.expected || 'none');
  const is = shortDigests(change.actual || 'none');
  if (change.actual?.endsWith(secretChanged)) return `the hidden part of ${subject} changed: ${is}`;
  const rule = ruleOf(change);
  if (rule === 'added') return `${subject} is ${is}; the baseline has none`;
  return rule === 'removed'
    ? `${subject} was ${was} and ${insteadOf(change, observation)}`
    : `${subject} was ${was} and is ${is}`;
}

/**
 * Describes what replaced a removed entry: a variable that is set to its default has no entry, but it is not
 * gone.
 */
function insteadOf({ facet, key }: EntryChange, observation: Observation): string {
  const fact =
    facet === 'env' ? factsOf(observation, 'env')?.variables.get(key.replace(/^env\./, '')) : undefined;
  return fact !== undefined && isSet(fact) ? `is ${fact.value}, which is the default` : 'is gone';
}

/** Returns a finding for each pin that the building Go version does not meet. */
export function pinFindings(pins: readonly PinState[], version: string, world: World): readonly Finding[] {
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

/** Returns a finding for each required variable that is not set. */
export function missingFindings(required: TargetState['required']): readonly Finding[] {
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

/** Sorts findings by level (highest first), then facet, key and rule: the order of the contract. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) =>
      levelNumber(b.level) - levelNumber(a.level) ||
      facets.indexOf(a.facet) - facets.indexOf(b.facet) ||
      (a.key < b.key ? -1 : a.key > b.key ? 1 : 0) ||
      (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0),
  );
}
