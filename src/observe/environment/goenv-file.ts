/** The GOENV file of an environment, as the go command that would read it finds it. */
import path from 'node:path';
import type { EnvFacts } from '../../drift/model.ts';
import { goenvPath, type SettingsFile } from '../../go/getenv.ts';
import { parseGoenv } from '../../go/goenv.ts';
import { tooLarge } from '../../host/errors.ts';
import { readFile } from '../../host/files.ts';
import type { Base } from './find-go.ts';
import type { GoTree } from './go-tree.ts';

/** What is known of a GOENV file; `file` when it was read. */
export type GoenvReading = EnvFacts['goenv'] & { readonly file?: SettingsFile };

/** More than any person or tool writes there; parsing more would hold the loop. */
const goenvLimit = 4 * 1024 * 1024;

function readGoenv(root: string, file: string | undefined, cwd: string): GoenvReading {
  if (file === undefined) return { path: '', state: 'off', lines: [], ignored: [] };
  const resolved = path.resolve(cwd === '' ? '/' : cwd, file);
  const read = readFile({ root, path: resolved }, goenvLimit);
  // Go would read it: leaving it out would be a false answer, so nothing is answered.
  if (!read.ok && read.failure === 'too-large') throw tooLarge('the GOENV file', goenvLimit);
  if (!read.ok) {
    return read.failure === 'absent'
      ? { path: resolved, state: 'absent', lines: [], ignored: [] }
      : { path: resolved, state: 'unreadable', problem: read.why, lines: [], ignored: [] };
  }
  const parsed = parseGoenv(read.bytes);
  return {
    path: resolved,
    state: 'read',
    lines: parsed.entries,
    ignored: parsed.ignored
      .filter(({ why }) => why !== 'blank' && why !== 'comment')
      .map(({ line, why }) => ({ line, why: why.replaceAll('-', ' ') })),
    file: { path: resolved, file: parsed },
  };
}

/**
 * The GOENV file that a process with these variables would read, if its go is this one. Go knows its home from HOME alone (os.UserConfigDir): where
 * that is not set, as in a systemd unit, the home of the user's account is none for go, and there is no file.
 */
export function goenvOf(
  { root, machine, settings }: Pick<Base, 'root' | 'machine' | 'settings'>,
  variables: ReadonlyMap<string, string>,
  tree: GoTree | undefined,
): GoenvReading {
  const xdgConfigHome = variables.get('XDG_CONFIG_HOME');
  const file = goenvPath(variables, {
    version: tree?.version ?? '1.26',
    os: machine.platform === 'darwin' ? 'darwin' : 'linux',
    arch: '',
    goroot: tree?.goroot ?? '',
    home: variables.get('HOME') ?? '',
    lookPath: () => undefined,
    ...(xdgConfigHome ? { xdgConfigHome } : {}),
  });
  return readGoenv(root, file, settings.workspace);
}
