/**
 * Repairs that are rollbacks. Where a rollback would fix a finding, `check` prints that rollback in the words
 * of its steps, so that repair and plan agree. Where the plan would be refused, or has no step for the
 * finding, the manual repair stays.
 */
import { AppError } from '../../catalog/errors.ts';
import { type Facet, facetsWithRollback } from '../../catalog/facets.ts';
import { visible } from '../../catalog/visible.ts';
import { committedFile } from '../../drift/committed.ts';
import { findingId } from '../../drift/known-finding.ts';
import { type Finding, factsOf } from '../../drift/model.ts';
import { nameOfEntry } from '../../drift/secret-entries.ts';
import type { TargetState } from '../../drift/state.ts';
import { realPathOf } from '../../host/files.ts';
import { readMachine } from '../../host/machine.ts';
import { whyNotBuildCache } from '../../observe/collectors/cache/check-build-cache.ts';
import { type JournalLook, lookIntoJournal } from '../../store/approved/intact.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import { planCacheRepair } from '../../undo/cache-plan.ts';
import { type CacheStep, isEntryStep, type Step } from '../../undo/step.ts';
import type { Inspection } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';
import { readApprovedState } from './approved-state.ts';
import { stepWords } from './document.ts';
import { preflight } from './preflight.ts';
import { differences, type Prepared, prepareRollback } from './prepare.ts';
import type { EntryDifference } from './request.ts';

/** The rollback that one facet could have now. */
interface Offer {
  readonly prepared: Prepared;
  readonly differences: readonly EntryDifference[];
  /** Conflicts that already held when the record was made, as `rule` NUL `summary`. */
  readonly approved: ReadonlySet<string>;
}

/**
 * Returns the steps of a plan that undo a drift: those that name the variable, or all steps where the facet
 * is rolled back as a whole.
 */
function stepsForDrift({ key, expected }: Finding, { prepared, differences: all }: Offer): readonly Step[] {
  const { plan, wanted } = prepared;
  const isSame = all.some((one) => one.key === key && one.expected === expected);
  if (!isSame || !wanted.includes(key)) return [];
  const named = plan.steps.filter(
    (step) => isEntryStep(step) && step.names?.includes(nameOfEntry(key)) === true,
  );
  return named.length > 0 ? named : plan.steps;
}

/**
 * Returns the steps of a plan that end a conflict which is newer than the record: those that the plan
 * declares to cure it, or those on the file that it comes from.
 */
function stepsForConflict(finding: Finding, { prepared, approved }: Offer): readonly Step[] {
  const { plan, cured = [] } = prepared;
  if (approved.has(findingId(finding))) return [];
  if (cured.includes(findingId(finding)))
    return plan.steps.filter(({ path }) => finding.summary.includes(path));
  const { path: file } = finding.origin ?? {};
  return plan.steps.filter(
    (step) =>
      isEntryStep(step) &&
      step.path === file &&
      (step.names === undefined || finding.facet !== 'env' || step.names.includes(nameOfEntry(finding.key))),
  );
}

/** The steps that fix a finding, and the facet whose rollback contains them. */
interface Found {
  readonly facet: Facet;
  readonly steps: readonly Step[];
}

/**
 * Finds the steps that fix a finding. A drift is undone by a rollback of its own facet. The cause of a
 * modules or toolchain conflict may be a setting, so for conflicts the other facets are searched too.
 */
function stepsFor(finding: Finding, offers: ReadonlyMap<Facet, Offer>): Found | undefined {
  const { facet: own, kind } = finding;
  if (kind !== 'drift' && kind !== 'conflict') return undefined;
  const others = kind === 'drift' ? [] : [...offers.keys()].filter((other) => other !== own);
  for (const facet of [own, ...others]) {
    const offer = offers.get(facet);
    if (offer === undefined) continue;
    const steps = kind === 'drift' ? stepsForDrift(finding, offer) : stepsForConflict(finding, offer);
    if (steps.length > 0) return { facet, steps };
  }
  return undefined;
}

const mostWords = 2;

/** Builds the repair text and the command of a rollback with these steps. */
function rollbackBy(
  finding: Finding,
  facet: Facet,
  steps: readonly Step[],
  { workspace, baseline }: TargetState,
): Pick<Finding, 'repair' | 'fix'> {
  // A single variable can be rolled back alone (`--key`), unless a link is replaced together with the file
  // behind it.
  const isAlone =
    facet === 'env' &&
    steps.every(
      (step) =>
        isEntryStep(step) && step.kind !== 'restore-link' && step.names?.includes(nameOfEntry(finding.key)),
    );
  const argv = [
    ...['godrift', 'rollback'],
    ...(facet === 'env' ? [] : ['--facet', facet]),
    ...(isAlone ? ['--key', nameOfEntry(finding.key)] : []),
  ];
  // A rollback of one variable leaves the rest of the file in place.
  const kindOf = (step: Step) =>
    isAlone && step.kind === 'remove-file' && (step.names?.length ?? 0) > 1 ? 'restore-file' : step.kind;
  const words = [...new Set(steps.map((step) => stepWords({ kind: kindOf(step), path: step.path })))];
  const more = words.length > mostWords ? `, and ${words.length - mostWords} more` : '';
  // A committed baseline takes precedence over an accepted one.
  const approval =
    baseline.source?.startsWith(committedFile) === true
      ? `commit a new ${committedFile}`
      : 'godrift baseline accept --reason …';
  const other = finding.kind === 'drift' && facet !== 'cache' ? ` (or ${approval})` : '';
  return {
    repair: visible(`${argv.join(' ')}: ${words.slice(0, mostWords).join(', ')}${more}${other}`),
    fix: {
      action: 'run',
      argv: [...argv, '--yes'],
      ...(workspace === '' ? {} : { directory: workspace }),
    },
  };
}

async function offerOf(
  terminal: Terminal,
  looked: Inspection,
  stateDirectory: string,
  facet: Facet,
  named: JournalLook['named'],
): Promise<Offer | undefined> {
  const request = { target: looked.settings, stateDirectory, facet, quick: true } as const;
  try {
    const approved = await readApprovedState(request, named);
    const { kept, entries } = approved;
    const prepared = await prepareRollback(terminal, request, looked, approved);
    if (prepared.refusals.length > 0 || prepared.plan.steps.length === 0) return undefined;
    // A plan that changes which Go builds passes its preflight before it is offered, as it would before it is
    // applied.
    const reasons = await preflight(terminal, request, prepared, { looked, approved: entries });
    if (reasons.length > 0) return undefined;
    return {
      prepared,
      differences: differences(looked, entries, facet),
      approved: new Set((kept.record.conflicts ?? []).map(findingId)),
    };
  } catch (error) {
    // No usable record. The rollback command itself reports why.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/**
 * Returns the repair steps for the build cache from the findings of the last audit; none where this user
 * cannot repair the cache. Does not read the cache again.
 */
function cacheSteps({ observation }: Inspection): readonly CacheStep[] {
  const { path: place = '', content, ...facts } = factsOf(observation, 'cache') ?? {};
  const real = place === '' ? undefined : realPathOf({ root: '/', path: place });
  if (content === undefined || real === undefined) return [];
  if ('place' in facts && 'why' in facts.place) return [];
  return whyNotBuildCache(place, real, readMachine().uid) === undefined ? planCacheRepair(real, content) : [];
}

/**
 * Reports whether a finding of the build cache is about this step. The last part of its key is the beginning
 * of an id.
 */
function isAbout(step: CacheStep, key: string): boolean {
  const id = key.slice(key.lastIndexOf('.') + 1);
  if (step.kind === 'drop-irregular') return step.file.replace(/^..\//, '').startsWith(id);
  if (step.kind === 'drop-output') return step.output.startsWith(id);
  return step.action.startsWith(id) && key.startsWith('cache.rebound.');
}

function inCacheFor({ key }: Finding, all: readonly CacheStep[]): Found | undefined {
  const steps = all.filter((step) => isAbout(step, key));
  return steps.length === 0 ? undefined : { facet: 'cache', steps };
}

/**
 * Returns the state in which a rollback replaces the manual repair of each finding that it fixes. Throws the
 * system's error if the record cannot be read.
 */
export async function withRollbacks(
  terminal: Terminal,
  looked: Inspection,
  stateDirectory: string,
): Promise<TargetState> {
  const { state, settings } = looked;
  const told = new Set(state.findings.map(({ facet }) => facet));
  const hasRecord = readTargetBaselines(stateDirectory, settings).accepted?.record !== undefined;
  const journal = lookIntoJournal(stateDirectory, settings);
  const flaw = hasRecord && told.size > 0 ? await journal.whyNotIntact() : undefined;
  if (flaw !== undefined)
    terminal.stderr.write(`godrift: a rollback would be refused here: ${visible(flaw)}\n`);
  const offers = new Map<Facet, Offer>();
  for (const facet of hasRecord && flaw === undefined ? facetsWithRollback : []) {
    if (!told.has(facet) || facet === 'cache') continue;
    const offer = await offerOf(terminal, looked, stateDirectory, facet, journal.named);
    if (offer !== undefined) offers.set(facet, offer);
  }
  const inCache = told.has('cache') ? cacheSteps(looked) : [];
  const findings = state.findings.map((finding): Finding => {
    const found = finding.facet === 'cache' ? inCacheFor(finding, inCache) : stepsFor(finding, offers);
    if (found === undefined) return finding;
    const { fix: _, ...rest } = finding;
    return { ...rest, ...rollbackBy(finding, found.facet, found.steps, state) };
  });
  return { ...state, findings };
}
