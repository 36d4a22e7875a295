/** Programs that a build starts by name, looked for as os/exec of Go does. */
import path from 'node:path';
import { isExecutable } from '../../host/files.ts';
import type { Sources } from './sources.ts';

/** Directories of PATH in which a command is looked for: Go starts nothing that a relative entry finds (exec.ErrDot). */
export function programDirectories(sources: Sources): readonly string[] {
  const directories = (sources.environment.variables.get('PATH') ?? '').split(':');
  return directories.filter((directory) => directory.startsWith('/'));
}

/** Whether a command would be started; undefined where PATH says nothing. */
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
