/** Finds and reads the GOENV file of an environment, as its `go` command would. */
import path from 'node:path';
import type { EnvFacts } from '../../drift/model.ts';
import { goenvPath, type SettingsFile } from '../../go/getenv.ts';
import { parseGoenv } from '../../go/goenv.ts';
import { tooLarge } from '../../host/errors.ts';
import { readFile } from '../../host/files.ts';
import type { BaseSources } from './find-go.ts';
import type { GoTree } from './go-tree.ts';

/** What is known of a GOENV file; `file` is set if it was read. */
export type GoenvReading = EnvFacts['goenv'] & { readonly file?: SettingsFile };

/** More than a person or tool writes to this file; parsing more would block the event loop. */
const goenvLimit = 4 * 1024 * 1024;

function readGoenv(root: string, file: string | undefined, cwd: string): GoenvReading {
  if (file === undefined) return { path: '', state: 'off', lines: [], ignored: [] };
  const resolved = path.resolve(cwd === '' ? '/' : cwd, file);
  const read = readFile({ root, path: resolved }, goenvLimit);
  // Go would read the file, so ignoring it would give a wrong answer.
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
 * Returns the GOENV file that a process with these variables would read with this `go`. Go takes the home
 * directory from HOME alone (os.UserConfigDir): if HOME is unset, as in a systemd unit, there is no file,
 * whatever home the account has.
 */
export function goenvOf(
  { root, machine, settings }: Pick<BaseSources, 'root' | 'machine' | 'settings'>,
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
