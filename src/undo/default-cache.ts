/** Where a go command of somebody else keeps its build cache that has no GOCACHE in its environment: as go itself finds it (cmd/go/internal/cfg, cache.DefaultDir). */
import path from 'node:path';
import { parseGoenv } from '../go/goenv.ts';
import { readFile } from '../host/files.ts';

/** A file of settings as go reads it; `undefined` where there may be one that cannot be read. */
function settingsOf(file: string): ReadonlyMap<string, { readonly value: string }> | undefined {
  const read = readFile({ root: '/', path: file });
  if (read.ok) return parseGoenv(read.bytes).effective;
  return read.failure === 'absent' ? new Map() : undefined;
}

/** GOROOT of a program of Go: `bin/go`, or `pkg/tool/linux_amd64/compile`. */
function gorootOf(environment: ReadonlyMap<string, string>, program: string): string {
  const set = environment.get('GOROOT') ?? '';
  if (set !== '') return set;
  const folder = path.dirname(program);
  return path.basename(folder) === 'bin' ? path.dirname(folder) : path.resolve(folder, '../../..');
}

/** A folder of the user as os.UserConfigDir and os.UserCacheDir find it; empty where neither variable is set. */
function userFolder(environment: ReadonlyMap<string, string>, variable: string, name: string): string {
  const set = environment.get(variable) ?? '';
  const home = environment.get('HOME') ?? '';
  return set !== '' ? set : home === '' ? '' : path.join(home, name);
}

/** The cache, empty where such a go command has none and fails; undefined where it cannot be told. `program` is its real path. */
export function defaultCacheOf(
  environment: ReadonlyMap<string, string>,
  program: string,
): string | undefined {
  const goenv = environment.get('GOENV') ?? '';
  const config = userFolder(environment, 'XDG_CONFIG_HOME', '.config');
  const files = [
    ...(goenv === 'off' ? [] : goenv !== '' ? [goenv] : config === '' ? [] : [path.join(config, 'go/env')]),
    path.join(gorootOf(environment, program), 'go.env'),
  ];
  for (const file of files) {
    const settings = settingsOf(file);
    if (settings === undefined) return undefined;
    const set = settings.get('GOCACHE')?.value ?? '';
    if (set !== '') return set;
  }
  const cache = userFolder(environment, 'XDG_CACHE_HOME', '.cache');
  return cache === '' ? '' : path.join(cache, 'go-build');
}
