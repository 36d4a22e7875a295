/**
 * What a check says of findings that a rollback puts right: that rollback, in the words of its steps, so that the plan and the repair are one thing. Where a plan
 * would be refused, or has no step for a finding, the repair stays the one that a person makes.
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
import { whyNoCache } from '../../observe/collectors/cache/missing-cache.ts';
import { type JournalLook, lookIntoJournal } from '../../store/approved/intact.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import { planCacheRepair } from '../../undo/cache-plan.ts';
import { type CacheStep, isEntryStep, type Step } from '../../undo/step.ts';
import type { Inspection } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';
import { stepWords } from './document.ts';
import { preflight } from './preflight.ts';
import { approvedOf, differences, type Prepared, prepareRollback } from './prepare.ts';
import type { Difference } from './request.ts';

/** What can be had of a facet now. */
interface Offer {
  readonly prepared: Prepared;
  readonly differences: readonly Difference[];
  /** Conflicts that were approved, as `rule` NUL `summary`. */
  readonly approved: ReadonlySet<string>;
}

/** The steps by which a plan puts a drift right: those that name the variable, or all of them where the facet goes back as a whole. */
function stepsForDrift({ key, expected }: Finding, { prepared, differences: all }: Offer): readonly Step[] {
  const { plan, wanted } = prepared;
  const isSame = all.some((one) => one.key === key && one.expected === expected);
  if (!isSame || !wanted.includes(key)) return [];
  const named = plan.steps.filter(
    (step) => isEntryStep(step) && step.names?.includes(nameOfEntry(key)) === true,
  );
  return named.length > 0 ? named : plan.steps;
}

/** The steps by which a plan puts a conflict right that was not there when the record was made: those that the plan says cure it, or those on the file where it comes from. */
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

/** Steps for a finding, and the facet whose rollback has them. */
interface Found {
  readonly facet: Facet;
  readonly steps: readonly Step[];
}

/** A drift goes back with its facet; what makes a conflict of modules, or of a toolchain, may be a setting: then that goes back. */
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

/** The repair and the command of a rollback of these steps. */
function rollbackBy(
  finding: Finding,
  facet: Facet,
  steps: readonly Step[],
  { workspace, baseline }: TargetState,
): Pick<Finding, 'repair' | 'fix'> {
  // One variable goes back alone, but not where a link is exchanged, with the file behind it.
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
  // With one variable put back, what else the file holds stays.
  const kindOf = (step: Step) =>
    isAlone && step.kind === 'remove-file' && (step.names?.length ?? 0) > 1 ? 'restore-file' : step.kind;
  const words = [...new Set(steps.map((step) => stepWords({ kind: kindOf(step), path: step.path })))];
  const more = words.length > mostWords ? `, and ${words.length - mostWords} more` : '';
  // A committed baseline is in force before any that is accepted.
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
    const approved = await approvedOf(request, named);
    const { kept, entries } = approved;
    const prepared = await prepareRollback(terminal, request, looked, approved);
    if (prepared.refusals.length > 0 || prepared.plan.steps.length === 0) return undefined;
    // What decides which Go builds is tried before it is done, and so before it is offered.
    const reasons = await preflight(terminal, request, prepared, { looked, approved: entries });
    if (reasons.length > 0) return undefined;
    return {
      prepared,
      differences: differences(looked, entries, facet),
      approved: new Set((kept.record.conflicts ?? []).map(findingId)),
    };
  } catch (error) {
    // Nothing was approved here, or what was kept of it cannot be used: a rollback would say so.
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

/** Steps on the build cache, without another look at it: what the audit found, where the cache can be mended from inside. */
function cacheSteps({ observation }: Inspection): readonly CacheStep[] {
  const { path: place = '', content, ...facts } = factsOf(observation, 'cache') ?? {};
  const real = place === '' ? undefined : realPathOf({ root: '/', path: place });
  if (content === undefined || real === undefined) return [];
  if ('place' in facts && 'why' in facts.place) return [];
  return whyNoCache(place, real, readMachine().uid) === undefined ? planCacheRepair(real, content) : [];
}

/** The step that a finding of a cache is about; its key ends in the beginning of an id. */
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

/** The state with the repairs that a rollback makes. Throws the system's error where the record cannot be read. */
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
    terminal.stderr.write(`godrift: no rollback would be made here: ${visible(flaw)}\n`);
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
