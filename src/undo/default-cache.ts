/**
 * Finds the build cache of another process' go command that has no GOCACHE in its environment, by the rules
 * of go itself (cmd/go/internal/cfg, cache.DefaultDir).
 */
import path from 'node:path';
import { parseGoenv } from '../go/goenv.ts';
import { readFile } from '../host/files.ts';

/**
 * Returns the settings in a GOENV or go.env file as go reads them: empty where the file is absent,
 * `undefined` where it exists but cannot be read.
 */
function settingsOf(file: string): ReadonlyMap<string, { readonly value: string }> | undefined {
  const read = readFile({ root: '/', path: file });
  if (read.ok) return parseGoenv(read.bytes).effective;
  return read.failure === 'absent' ? new Map() : undefined;
}

/** Returns the GOROOT of a Go program: `GOROOT/bin/go` or `GOROOT/pkg/tool/linux_amd64/compile`. */
function gorootOf(environment: ReadonlyMap<string, string>, program: string): string {
  const set = environment.get('GOROOT') ?? '';
  if (set !== '') return set;
  const folder = path.dirname(program);
  return path.basename(folder) === 'bin' ? path.dirname(folder) : path.resolve(folder, '../../..');
}

/**
 * Returns a directory of the user as os.UserConfigDir and os.UserCacheDir find it; empty where neither
 * variable is set.
 */
function userFolder(environment: ReadonlyMap<string, string>, variable: string, name: string): string {
  const set = environment.get(variable) ?? '';
  const home = environment.get('HOME') ?? '';
  return set !== '' ? set : home === '' ? '' : path.join(home, name);
}

/**
 * Returns the build cache that go would use with this environment. Empty means that go finds no cache
 * directory and fails; `undefined` means that a settings file cannot be read, so the cache is unknown.
 * `program` is the real path of the Go program.
 */
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
