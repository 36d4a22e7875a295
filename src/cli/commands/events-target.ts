/** `godrift events --target`: a name that nobody knows is refused, for a target that was misspelt would look like one to which nothing happened. */
import { AppError } from '../../catalog/errors.ts';
import { visible } from '../../catalog/visible.ts';
import { knownTargets } from '../../store/baselines.ts';
import { readJournal } from '../../store/journal.ts';
import type { Terminal } from '../terminal.ts';
import { observedTargets, type WhichOptions } from '../which-target.ts';

/** Names in one line. */
const mostNames = 10;

/** The names of targets in the lines of a journal, up to the one that is looked for. */
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
 * Throws AppError for a target that neither the journal knows, nor what is stored in the state directory, nor the running exporter or the configuration. Who follows
 * may wait for one that is still to come, and is only told. `directory` is the journal's, and is there.
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
