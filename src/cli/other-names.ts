/** Warns when a stored baseline belongs to another target name or another user, instead of guessing. */
import { visible } from '../catalog/visible.ts';
import { stampOf } from '../host/files.ts';
import { readMachine } from '../host/machine.ts';
import { hasBaseline, othersWithBaseline, type TargetName } from '../store/peek.ts';
import type { Terminal } from './terminal.ts';

/**
 * Warns on stderr, in one line, if no baseline is stored for a target but one is for other targets in the
 * same workspace. An exporter chooses its own target names (docs/decisions/0069); without this hint a command
 * that is given none would look as if nothing had been accepted. Prints nothing if the target has a baseline,
 * or if there is none at all.
 */
export function sayOtherNames(terminal: Terminal, stateDirectory: string, target: TargetName): void {
  if (hasBaseline(stateDirectory, target)) return;
  const others = othersWithBaseline(stateDirectory, target);
  if (others.length === 0) return;
  terminal.stderr.write(
    `godrift: no baseline is stored for ${visible(target.name)}, but for ${others.map(visible).join(', ')} in the same workspace: name it with --target\n`,
  );
}

/**
 * Warns likewise about accepted baselines where another baseline is in use. A rollback restores what was
 * accepted; a check under the wrong target name would offer only manual repairs.
 */
export function sayOtherRecords(terminal: Terminal, stateDirectory: string, target: TargetName): void {
  if (hasBaseline(stateDirectory, target, ['accepted'])) return;
  const others = othersWithBaseline(stateDirectory, target, ['accepted']);
  if (others.length === 0) return;
  terminal.stderr.write(
    `godrift: what could be rolled back to is stored for ${others.map(visible).join(', ')} in the same workspace, and not for ${visible(target.name)}: name it with --target\n`,
  );
}

/** Warns on stderr that another user owns the stored baselines: that user can change them. */
export function sayForeignState(terminal: Terminal, stateDirectory: string, target: TargetName): void {
  const owner = stampOf({ root: '/', path: stateDirectory })?.owner;
  if (owner === undefined || owner === readMachine().uid || !hasBaseline(stateDirectory, target)) return;
  terminal.stderr.write(
    `godrift: ${visible(stateDirectory)} and the baselines in it belong to uid ${owner}\n`,
  );
}
