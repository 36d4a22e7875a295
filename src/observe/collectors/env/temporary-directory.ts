/**
 * The directory in which `go` builds: whether it is writable, and whether test binaries may be executed
 * there.
 */
import path from 'node:path';
import type { EnvFacts } from '../../../drift/model.ts';
import { redactUrlsIn } from '../../../go/redact-urls.ts';
import { pathOf, type RootedPath, realPathOf } from '../../../host/files.ts';
import { isNoexecNow } from '../../../host/mounts.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import { isWritableDirectory } from '../../../host/space.ts';
import { entryAt } from '../../../host/tree.ts';
import { isWorkspaceReadOnly } from '../../environment/read-only-workspace.ts';
import type { Sources } from '../../environment/sources.ts';

/** Reports whether a directory is on a mount with noexec; false in other roots, whose mounts are unknown. */
function onNoexec({ root, path: directory }: RootedPath): boolean {
  if (root !== '/') return false;
  const ask = () => {
    const real = realPathOf({ root, path: directory });
    return String(real !== undefined && isNoexecNow(real));
  };
  const then = ask();
  traceQuestion(`noexec at ${directory}`, then, ask);
  return then === 'true';
}

/**
 * Returns the facts about go's work directory: GOTMPDIR, otherwise os.TempDir
 * (cmd/go/internal/work/action.go, NewBuilder), which defaults to /tmp on every Unix.
 */
export function temporaryFacts({
  root,
  settings,
  variables,
  environment,
}: Sources): Pick<EnvFacts, 'temporary' | 'noexec'> {
  const own = variables.get('GOTMPDIR')?.value ?? '';
  const name = own === '' ? 'TMPDIR' : 'GOTMPDIR';
  const set = own || (environment.variables.get('TMPDIR') ?? '');
  const place = { root, path: path.resolve(settings.workspace || '/', set || '/tmp') };
  const noexec: Pick<EnvFacts, 'noexec'> = onNoexec(place)
    ? { noexec: { name: set === '' ? '' : name, path: redactUrlsIn(set || '/tmp') } }
    : {};
  if (set === '') return noexec;
  const usable = isWritableDirectory(place, isWorkspaceReadOnly({ root, settings }));
  // A dangling symlink is in the way of mkdir too.
  return {
    ...noexec,
    temporary: {
      name,
      path: redactUrlsIn(set),
      exists: usable || entryAt(pathOf(place)) !== undefined,
      usable,
    },
  };
}
