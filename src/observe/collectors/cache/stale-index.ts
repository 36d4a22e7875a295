/**
 * Detects source files that `go` would read from an outdated index. Go caches an index of a directory's files
 * under a key made of their names, times and sizes; a checkout that keeps all three keeps the old index in
 * force. This code computes the key as `go` does, reads the index that `go` would use, and compares it with
 * each file whose ctime is later than the index. A difference is proof, not a guess.
 */
import path from 'node:path';
import type { StaleIndex } from '../../../drift/facets/cache.ts';
import { cacheFileName, parseCacheAction } from '../../../go/cache-action.ts';
import { readSourceHead } from '../../../go/imports.ts';
import { goTimeText, type IndexEntry, indexKeyText, readPackageIndex } from '../../../go/module-index.ts';
import { parseZoneFile, utc, type Zone } from '../../../go/zone.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { readFile } from '../../../host/files.ts';
import { type FolderFile, packageFolders, readFolder } from '../../../host/source-folders.ts';
import type { Sources } from '../../environment/sources.ts';

const folderLimit = 5_000;
const mostReported = 20;
const indexLimit = 16 * 1024 * 1024;
const sourceLimit = 4 * 1024 * 1024;

/** Returns the module root directories, as `go` sees them: that of go.mod, or those that go.work uses. */
function moduleRoots({ gomod, gowork }: Sources): readonly string[] {
  if (gowork !== undefined)
    return gowork.file.use.map((use) => path.resolve(path.dirname(gowork.path), use.path));
  return gomod === undefined ? [] : [path.dirname(gomod.path)];
}

/** Returns the time zone of a `go` process with this environment; undefined if its rules are unreadable. */
function zoneOf({ root, environment }: Sources): Zone | undefined {
  const set = environment.variables.get('TZ');
  if (set === '' || set === 'UTC') return utc;
  const name = set?.replace(/^:/, '');
  const file = name === undefined ? '/etc/localtime' : path.resolve('/usr/share/zoneinfo', name);
  const read = readFile({ root, path: file }, 1024 * 1024);
  if (read.ok) return parseZoneFile(read.bytes);
  return read.failure === 'absent' ? utc : undefined;
}

interface Index {
  readonly writtenNs: bigint;
  readonly files: readonly IndexEntry[];
}

/** Returns the index that `go` would use for a directory now; undefined if there is none. */
function indexOf(cache: string, key: string): Index | undefined {
  const id = sha256Hex(key);
  const entry = readFile({ root: '/', path: `${cache}/${cacheFileName(id, 'a')}` }, 4096);
  const action = entry.ok ? parseCacheAction(entry.bytes, id) : undefined;
  if (action === undefined || typeof action === 'string') return undefined;
  const output = readFile({ root: '/', path: `${cache}/${cacheFileName(action.output, 'd')}` }, indexLimit);
  if (!output.ok || output.bytes.length !== action.size) return undefined;
  const files = readPackageIndex(output.bytes);
  return files === undefined ? undefined : { writtenNs: action.time, files };
}

/** Returns the differing imports of an index and its file; undefined if they agree. */
function compare(root: string, folder: string, file: FolderFile, index: Index): StaleIndex | undefined {
  const indexed = index.files.find((one) => one.name === file.name);
  if (indexed === undefined || !indexed.ok || !file.name.endsWith('.go')) return undefined;
  const read = readFile({ root, path: path.join(folder, file.name) }, sourceLimit);
  if (!read.ok) return undefined;
  const head = readSourceHead(read.bytes.toString('utf8'));
  const [then, now] = [indexed.imports, head.imports].map((list) => [...new Set(list)].sort());
  if (then?.join('\n') === now?.join('\n')) return undefined;
  const only = (a: readonly string[] = [], b: readonly string[] = []) =>
    a.filter((one) => !b.includes(one)).join(', ');
  return { folder, file: file.name, indexed: only(then, now), actual: only(now, then) };
}

/** Returns the first few stale indexes among a workspace's own packages. */
export function staleIndexes(sources: Sources, cache: string): readonly StaleIndex[] {
  const version = (sources.effective ?? sources.local)?.runtimeVersion;
  const zone = zoneOf(sources);
  if (version === undefined || zone === undefined) return [];
  const time = (ns: bigint) => goTimeText(ns, zone(Number(ns / 1_000_000n)));
  const found: StaleIndex[] = [];
  for (const moduleRoot of moduleRoots(sources)) {
    for (const folder of packageFolders({ root: sources.root, path: moduleRoot }, folderLimit)) {
      const files = readFolder({ root: sources.root, path: folder });
      if (files === undefined || files.length === 0) continue;
      const index = indexOf(cache, indexKeyText(version, moduleRoot, folder, files, time));
      if (index === undefined) continue;
      for (const file of files.filter((one) => one.ctime > index.writtenNs)) {
        const stale = compare(sources.root, folder, file, index);
        if (stale !== undefined && found.length < mostReported) found.push(stale);
      }
    }
  }
  return found;
}
