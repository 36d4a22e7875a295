/**
 * Reads git objects by name: from loose files, packs and alternate stores. Every object is verified against
 * the hash in its name.
 */

import path from 'node:path';
import { inflateSync } from 'node:zlib';
import { readdirSync } from '../counted-fs.ts';
import { sha1Hex, sha256Hex } from '../digest.ts';
import { realPathOf } from '../files.ts';
import { entryAt, readSmallSync } from '../tree.ts';
import { findInIndex, type GitObject, objectInPack, objectLimit } from './pack.ts';
import { GitProblem, type Repository, textOf } from './repository.ts';

/** Depth of alternates; git stops at five too (MAX_ALTERNATE_DEPTH). */
const borrowDepth = 5;

/** Most object stores. Each object is looked up in all of them; real repositories have one or two. */
const storeLimit = 200;

/**
 * Returns the object directories, the repository's own first, each once, as git orders them
 * (objects/info/alternates).
 */
function stores(own: string): readonly string[] {
  const seen = new Set<string>();
  let level = [own];
  for (let depth = 0; depth <= borrowDepth && level.length > 0; depth++) {
    const added = level.filter((directory) => !seen.has(directory) && seen.add(directory));
    if (seen.size > storeLimit) throw new GitProblem('it borrows from too many other repositories');
    level = added.flatMap((directory) => {
      const lines = textOf(path.join(directory, 'info/alternates'))?.split('\n') ?? [];
      const borrowed = [...new Set(lines)].filter((line) => line !== '' && !line.startsWith('#'));
      return borrowed
        .map((line) => path.resolve(directory, line))
        .map((one) => realPathOf({ root: '/', path: one }) ?? one);
    });
  }
  return [...seen];
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

const packsOf = (store: string) =>
  namesIn(path.join(store, 'pack'))
    .filter((name) => /^pack-[0-9a-f]+\.idx$/.test(name))
    .map((name) => path.join(store, 'pack', name));

function loose(store: string, name: string): GitObject | undefined {
  const file = path.join(store, name.slice(0, 2), name.slice(2));
  const size = entryAt(file)?.size ?? 0;
  if (size > objectLimit) throw new GitProblem('a git object needed to read it is too large');
  const compressed = readSmallSync(file, objectLimit);
  if (compressed === undefined) return undefined;
  const bytes = inflateSync(compressed, { maxOutputLength: objectLimit });
  const end = bytes.indexOf(0);
  const type = /^(commit|tree|blob|tag) \d+$/.exec(bytes.toString('latin1', 0, Math.max(0, end)))?.[1];
  return type === undefined ? undefined : { type, data: bytes.subarray(end + 1) };
}

function packed(repository: Repository, store: string, name: string, depth: number): GitObject | undefined {
  for (const index of packsOf(store)) {
    const [found] = findInIndex(index, name, repository.hashBytes);
    if (found === undefined) continue;
    return objectInPack(index.replace(/idx$/, 'pack'), found.offset, repository.hashBytes, (base) =>
      objectOf(repository, base, depth + 1),
    );
  }
  return undefined;
}

/** Returns the object of a full hex name. Throws GitProblem if it is missing or does not match its name. */
export function objectOf(repository: Repository, name: string, depth = 0): GitObject {
  if (depth > 50) throw new GitProblem('a pack of the repository is damaged');
  for (const store of stores(path.join(repository.common, 'objects'))) {
    const object = loose(store, name) ?? packed(repository, store, name, depth);
    if (object === undefined) continue;
    const whole = Buffer.concat([Buffer.from(`${object.type} ${object.data.length}\0`), object.data]);
    if ((repository.hashBytes === 32 ? sha256Hex(whole) : sha1Hex(whole)) === name) return object;
    throw new GitProblem(`the object ${name.slice(0, 12)} of the repository is damaged`);
  }
  throw new GitProblem(`the object ${name.slice(0, 12)} is not in this clone`);
}

/**
 * Returns full names that begin with a hex prefix of at least four digits; two are enough to show ambiguity.
 */
export function namesWith(repository: Repository, prefix: string): readonly string[] {
  const found = new Set<string>();
  for (const store of stores(path.join(repository.common, 'objects'))) {
    const rest = prefix.slice(2);
    for (const name of namesIn(path.join(store, prefix.slice(0, 2))))
      if (name.startsWith(rest)) found.add(prefix.slice(0, 2) + name);
    for (const index of packsOf(store))
      for (const { name } of findInIndex(index, prefix, repository.hashBytes)) found.add(name);
  }
  return [...found];
}
