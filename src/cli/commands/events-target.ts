/**
 * `godrift events --target`: refuses unknown names, since a misspelt target would look like one without
 * events.
 */
import { AppError } from '../../catalog/errors.ts';
import { visible } from '../../catalog/visible.ts';
import { knownTargets } from '../../store/baselines.ts';
import { readJournal } from '../../store/journal.ts';
import type { Terminal } from '../terminal.ts';
import { observedTargets, type WhichOptions } from '../which-target.ts';

/** The most names that a message lists. */
const mostNames = 10;

/** Collects target names from the journal and stops at `wanted`. */
async function namesInJournal(directory: string, wanted: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const { record } of readJournal(directory)) {
    const name = record['target'];
    if (typeof name === 'string') names.add(name);
    if (name === wanted) break;
  }
  return names;
}

function listed(names: readonly string[]): string {
  const more = names.length - mostNames;
  const shown = names.slice(0, mostNames).map(visible).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/**
 * Throws AppError for a target that is in neither the journal, the state directory, the running exporter nor
 * the configuration. With `follow` it only warns, since the target may still appear. `directory` is the
 * journal's and must exist.
 */
export async function refuseUnknownTarget(
  terminal: Terminal,
  directory: string,
  stateDirectory: string,
  options: WhichOptions & { readonly target: string; readonly follow: boolean },
): Promise<void> {
  const { target, follow } = options;
  const inJournal = await namesInJournal(directory, target);
  if (inJournal.has(target)) return;
  const elsewhere = [...knownTargets(stateDirectory), ...(await observedTargets(terminal, options))];
  const known = [...new Set([...inJournal, ...elsewhere.map(({ name }) => name)])].sort();
  if (known.includes(target)) return;
  const what = `cannot show what happened to ${visible(target)}`;
  const why = 'neither the journal nor the configuration knows a target of that name';
  const todo = known.length === 0 ? 'see godrift targets' : `name one of ${listed(known)}`;
  if (!follow) throw new AppError(what, why, todo);
  terminal.stderr.write(`godrift: ${what} yet: ${why}; wait for it, or ${todo}\n`);
}
