/** Whose baselines are stored where a check looks for its own, of another target or another user: said, and not guessed. */
import { visible } from '../catalog/visible.ts';
import { stampOf } from '../host/files.ts';
import { readMachine } from '../host/machine.ts';
import { hasBaseline, othersWithBaseline, type TargetName } from '../store/peek.ts';
import type { Terminal } from './terminal.ts';

/**
 * Says on stderr, in one line, that no baseline is stored for a target, but for others of its workspace. An exporter gives its targets names of its own
 * (docs/decisions/0069), and a command that is told none would look as if nothing had been accepted. Nothing is written where one is stored, or none at all.
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
 * The same of what was accepted, where another baseline is compared with: a rollback goes back to what was accepted, and a check that looks for it under a name of
 * its own would offer the repair by hand only.
 */
export function sayOtherRecords(terminal: Terminal, stateDirectory: string, target: TargetName): void {
  if (hasBaseline(stateDirectory, target, ['accepted'])) return;
  const others = othersWithBaseline(stateDirectory, target, ['accepted']);
  if (others.length === 0) return;
  terminal.stderr.write(
    `godrift: what could be rolled back to is stored for ${others.map(visible).join(', ')} in the same workspace, and not for ${visible(target.name)}: name it with --target\n`,
  );
}

/** Says on stderr that a stored baseline is the word of another user: whoever has that user's rights can write it. */
export function sayForeignState(terminal: Terminal, stateDirectory: string, target: TargetName): void {
  const owner = stampOf({ root: '/', path: stateDirectory })?.owner;
  if (owner === undefined || owner === readMachine().uid || !hasBaseline(stateDirectory, target)) return;
  terminal.stderr.write(
    `godrift: ${visible(stateDirectory)} belongs to uid ${owner}, and so do the baselines that are compared with\n`,
  );
}
