/** The directory in which go builds before anything is put in its place: whether it can be written, and whether tests may be started there. */
import path from 'node:path';
import type { EnvFacts } from '../../../drift/model.ts';
import { redactUrlsIn } from '../../../go/redact-urls.ts';
import { pathOf, type RootedPath, realPathOf } from '../../../host/files.ts';
import { isNoexecNow } from '../../../host/mounts.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import { isWritableDirectory } from '../../../host/space.ts';
import { entryAt } from '../../../host/tree.ts';
import { looksOn } from '../../environment/own-mounts.ts';
import type { Sources } from '../../environment/sources.ts';

/** Whether the mount of a directory forbids to start what lies on it; the mounts of other roots are not known. */
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

/** Where go makes its work directory: GOTMPDIR, else os.TempDir (cmd/go/internal/work/action.go, NewBuilder), which is /tmp on every Unix. */
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
  const usable = isWritableDirectory(place, looksOn({ root, settings }));
  // A link that leads nowhere is in the way of mkdir, too.
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
