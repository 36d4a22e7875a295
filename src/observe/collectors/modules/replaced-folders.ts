/**
 * Computes the digests of directories that replace modules and lie outside the code: what is built from them
 * changes without any change of go.mod or commit of this project. A directory within the same repository
 * needs no digest.
 */

import path from 'node:path';
import type { ModuleFact } from '../../../drift/facets/modules.ts';
import { compareBytewise } from '../../../drift/snapshot.ts';
import { isWithin } from '../../../host/checked-program.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { realPathOf, resolveRootedPath, stampOf } from '../../../host/files.ts';
import { readCache } from '../../../host/lru.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import { withThisReader } from '../../../host/reader.ts';
import { lstatSync, readdirSync } from '../../../host/root.ts';
import { packageFolders } from '../../../host/source-folders.ts';
import { hashTreeFile } from '../../../host/tree.ts';
import { type Code, codeName, codeNamedBy, judgeOf, mayAllRead } from '../../environment/code.ts';
import type { Sources } from '../../environment/sources.ts';
import { type ModuleProject, replacedDirectories } from './project.ts';

/**
 * Limits beyond which a directory gets no digest. The largest module of the repositories examined has some
 * 1,500 directories.
 */
const limits = { folders: 2_000, files: 20_000, bytes: 256 << 20 };

/**
 * Files that `go` compiles (matchFile in go/build). Tests of another module are not built, and embedded files
 * are left out.
 */
const compiled = /^[^._].*\.(?:go|c|cc|cpp|cxx|m|h|hh|hpp|hxx|f|F|for|f90|s|S|sx|swig|swigcxx|syso)$/;

interface Source {
  /** Path relative to the top. */
  readonly name: string;
  readonly real: string;
  readonly stamp: string;
}

const digests = readCache<{ readonly stamps: string; readonly digest: string }>(256);

/**
 * Returns the files that builds read and that every owner of the code may read, sorted by name; undefined if
 * they are too many or too large.
 */
function sourcesIn(code: Code, directory: string): readonly Source[] | undefined {
  const { root } = code;
  const folders = packageFolders({ root, path: directory }, limits.folders);
  if (folders.length >= limits.folders) return undefined;
  const found: Source[] = [];
  let bytes = 0;
  for (const folder of folders) {
    try {
      const real = resolveRootedPath({ root, path: folder });
      if (!mayAllRead(code, real)) continue;
      for (const { name } of readdirSync(real)) {
        if (!compiled.test(name) || name.endsWith('_test.go')) continue;
        const stat = lstatSync(`${real}/${name}`);
        if (stat === undefined || !mayAllRead(code, `${real}/${name}`)) continue;
        bytes += stat.size;
        if (found.length >= limits.files || bytes > limits.bytes) return undefined;
        found.push({
          name: path.join(path.relative(directory, folder), name),
          real: `${real}/${name}`,
          stamp: [stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs, stat.mode].join(' '),
        });
      }
    } catch {
      // Gone meanwhile, or unreadable, in which case `go` fails too.
    }
  }
  return found.sort((a, b) => compareBytewise(a.name, b.name));
}

const stampsOf = (files: readonly Source[] | undefined) =>
  files === undefined ? 'beyond the limits' : files.map(({ name, stamp }) => `${name} ${stamp}`).join('\n');

/** Returns the digest of a directory's sources, cached by their stamps. */
async function folderDigest(code: Code, directory: string): Promise<string | undefined> {
  const key = `${codeName(code)}\0${directory}`;
  const files = sourcesIn(code, directory);
  const stamps = stampsOf(files);
  const ask = withThisReader(() => sha256Hex(stampsOf(sourcesIn(code, directory))));
  traceQuestion(`replaced folder ${key}`, sha256Hex(stamps), ask);
  if (files === undefined) return undefined;
  const before = digests.get(key);
  if (before?.stamps === stamps) return before.digest;
  const lines: string[] = [];
  for (const { name, real } of files)
    lines.push(`${(await hashTreeFile(real, judgeOf(code))) ?? 'no regular file'}  ${name}\n`);
  const digest = `sha256:${sha256Hex(lines.join(''))}`;
  return digests.set(key, { stamps, digest }).digest;
}

/** Reports whether a directory belongs to the code, by its path or by its real path. */
function isOwn({ root, code }: Sources, work: ModuleProject['work'], directory: string): boolean {
  const real = realPathOf({ root, path: directory }) ?? directory;
  return [...code.directories, ...code.real, ...(work === undefined ? [] : [work.directory])].some(
    (one) => isWithin(directory, one) || isWithin(real, one),
  );
}

/**
 * Returns the build list with digests added to replacements outside the code; a directory without go.mod is
 * not a module.
 */
export async function withFolderDigests(
  sources: Sources,
  project: ModuleProject,
  list: readonly ModuleFact[],
): Promise<readonly ModuleFact[]> {
  const { mains, work } = project;
  const base = work?.directory ?? mains[0]?.directory ?? '/';
  const named = replacedDirectories(mains, work);
  return await Promise.all(
    list.map(async (one) => {
      const { replacement } = one;
      if (replacement === undefined || replacement.version !== undefined) return one;
      const directory = path.resolve(base, replacement.path);
      if (isOwn(sources, work, directory)) return one;
      if (stampOf({ root: project.root, path: path.join(directory, 'go.mod') }) === undefined) return one;
      const by = codeNamedBy(sources.code, [
        ...(work === undefined ? [] : [work.path]),
        ...(named.get(directory) ?? []),
      ]);
      const digest = await folderDigest(by, directory);
      return digest === undefined ? one : { ...one, replacement: { ...replacement, digest } };
    }),
  );
}
