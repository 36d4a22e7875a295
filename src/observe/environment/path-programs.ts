/** Finds programs that a build starts by name, as Go's os/exec does. */
import path from 'node:path';
import { isExecutable } from '../../host/files.ts';
import type { Sources } from './sources.ts';

/**
 * Returns the directories of PATH that are searched for commands: Go does not start what a relative entry
 * finds (exec.ErrDot).
 */
export function programDirectories(sources: Sources): readonly string[] {
  const directories = (sources.environment.variables.get('PATH') ?? '').split(':');
  return directories.filter((directory) => directory.startsWith('/'));
}

/** Reports whether a command would be found; undefined if PATH has no absolute directory. */
export function programFound(sources: Sources, command: string): boolean | undefined {
  const { credentials } = sources.environment;
  if (command.includes('/'))
    return isExecutable(
      { root: sources.root, path: path.resolve(sources.settings.workspace || '/', command) },
      credentials,
    );
  const directories = programDirectories(sources);
  if (directories.length === 0) return undefined;
  return directories.some((directory) =>
    isExecutable({ root: sources.root, path: path.join(directory, command) }, credentials),
  );
}
