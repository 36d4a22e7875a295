/** Repairs a build cache between two journal lines: the intent with the files to remove, and the outcome. */
import { counted } from '../catalog/counted.ts';
import { visible } from '../catalog/visible.ts';
import type { IntentEvent, OutcomeEvent } from '../drift/events.ts';
import { systemClock } from '../host/machine.ts';
import { appendJournal } from '../store/journal.ts';
import { openStore } from '../store/open.ts';
import { stepFile } from '../undo/cache-plan.ts';
import { repairCache, type StepOutcome } from '../undo/cache-repair.ts';
import type { CacheStep } from '../undo/step.ts';
import type { Progress } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** Most file names in one journal line. */
const journalled = 200;

/**
 * Applies the repair steps. Writes the intent and the outcome to the journal, unless an exporter holds it or
 * it cannot be locked; then it says so on stderr.
 */
export async function repairJournalled(
  terminal: Terminal,
  stateDirectory: string,
  directory: string,
  steps: readonly CacheStep[],
  progress: Progress,
): Promise<readonly StepOutcome[]> {
  const take = () => repairCache(steps, (done) => progress.show('removing', done, steps.length));
  const store = await openStore(stateDirectory, { now: systemClock });
  const journal = 'busy' in store ? undefined : store.journal();
  if ('busy' in store || journal === undefined) {
    const why = 'busy' in store ? store.why : (store.unheld() ?? 'it cannot be locked');
    terminal.stderr.write(`not recorded in the journal: ${visible(why)}\n`);
    return take();
  }
  try {
    const record = (event: IntentEvent | OutcomeEvent) => appendJournal(journal, event);
    const about = { facets: ['cache'], operation: 'cache-repair', directory } as const;
    const intent = await record({
      type: 'intent',
      ...about,
      steps: steps.length,
      files: steps.slice(0, journalled).map(stepFile),
      why: `cache repair: ${counted(steps.length, 'file')} of ${directory}`,
    });
    if (!intent.ok) terminal.stderr.write(`not recorded in the journal: ${visible(intent.problem)}\n`);
    const outcomes = take();
    const count = (result: StepOutcome['result']) => outcomes.filter((one) => one.result === result).length;
    await record({
      type: 'outcome',
      ...about,
      result: count('failed') === 0 ? 'applied' : 'failed',
      done: count('done'),
      needless: count('needless'),
      failed: count('failed'),
      why: `cache repair: ${count('done')} removed, ${count('needless')} healed meanwhile, ${count('failed')} failed`,
    });
    return outcomes;
  } finally {
    progress.end();
    await store.close();
  }
}
