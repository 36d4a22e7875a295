/**
 * Finds the checked-out commit and the tags on it by reading files (gitrepository-layout(5),
 * git-pack-refs(1)); git is not run.
 */
import path from 'node:path';
import { listDirectory } from '../files.ts';
import { readCache } from '../lru.ts';
import { entryAt } from '../tree.ts';
import { objectOf } from './objects.ts';
import { packedRefs, packedRefsTo } from './packed-refs.ts';
import { GitProblem, type Repository, textOf } from './repository.ts';
import { refOf } from './revision.ts';

const tagsFolder = 'refs/tags/';
const hash = /^[0-9a-f]{40,64}$/;
/** Longest chain of tags that point to tags; nobody makes longer ones on purpose. */
const tagDepth = 5;
/** Limits: names in refs/tags, folders included, and tags that are checked. Beyond, the lookup is refused. */
const mostNames = 10_000;
const mostTags = 500;

/** There are more tags than one observation may check. */
export class TooManyTags extends GitProblem {
  constructor() {
    super('it has too many tags');
  }
}

/** Cache of the commit behind each tag object, which never changes. */
const peeled = readCache<string>(10_000);

/** Returns the commit that a tag's object is or points to. Throws GitProblem if it cannot be read. */
function commitBehind(repository: Repository, object: string, depth = 0): string {
  const known = peeled.get(object);
  if (known !== undefined) return known;
  const { type, data } = objectOf(repository, object);
  const next = type === 'tag' ? /^object ([0-9a-f]+)$/m.exec(data.toString('latin1'))?.[1] : undefined;
  if (next !== undefined && depth === tagDepth) throw new GitProblem('it has tags of tags of tags');
  return peeled.set(object, next === undefined ? object : commitBehind(repository, next, depth + 1));
}

/** Returns the tags with a file of their own, by name, with their objects. Throws TooManyTags. */
function looseTags({ common }: Repository, wants: (tag: string) => boolean): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const folders = [''];
  let names = 0;
  for (let at = 0; at < folders.length; at++) {
    const top = path.join(common, tagsFolder, folders[at] as string);
    for (const entry of listDirectory({ root: '/', path: top })) {
      if (++names > mostNames) throw new TooManyTags();
      const name = `${folders[at]}${entry}`;
      if (entryAt(top, entry)?.kind === 'directory') folders.push(`${name}/`);
      else if (wants(name)) {
        const object = textOf(path.join(top, entry))?.trim() ?? '';
        if (hash.test(object)) found.set(name, object);
      }
      if (found.size > mostTags) throw new TooManyTags();
    }
  }
  return found;
}

/** The checked-out commit and its tags. */
export interface TaggedHead {
  /** The commit, in hex. */
  readonly commit: string;
  /**
   * Returns the tags on it that `wants` accepts; reads them on demand. Throws TooManyTags, and GitProblem if
   * they cannot be read.
   */
  readonly tags: (wants: (tag: string) => boolean) => readonly string[];
}

/**
 * Returns the tags on a commit that have no file of their own. Throws TooManyTags, and GitProblem if they
 * cannot be read.
 */
function packedTags(
  repository: Repository,
  commit: string,
  wants: (tag: string) => boolean,
): ReadonlySet<string> {
  const { peeled: isPeeled, refs } = packedRefsTo(repository, tagsFolder, commit);
  const found = new Set<string>();
  const add = (ref: string) => {
    const tag = ref.slice(tagsFolder.length);
    if (wants(tag)) found.add(tag);
    if (found.size > mostTags) throw new TooManyTags();
  };
  for (const ref of refs) add(ref);
  if (isPeeled) return found;
  let asked = 0;
  for (const { ref, object } of packedRefs(repository, tagsFolder)) {
    if (object === commit || !wants(ref.slice(tagsFolder.length))) continue;
    if (++asked > mostTags) throw new TooManyTags();
    if (commitBehind(repository, object) === commit) add(ref);
  }
  return found;
}

function tagsOf(repository: Repository, commit: string, wants: (tag: string) => boolean): readonly string[] {
  const loose = looseTags(repository, wants);
  const own = [...loose].filter(([, object]) => commitBehind(repository, object) === commit);
  const packed = [...packedTags(repository, commit, wants)].filter((tag) => !loose.has(tag));
  return [...own.map(([name]) => name), ...packed];
}

/** Returns the checked-out commit and its tags; undefined if there is no commit yet. */
export function taggedHead(repository: Repository): TaggedHead | undefined {
  const commit = refOf(repository, 'HEAD');
  return commit === undefined ? undefined : { commit, tags: (wants) => tagsOf(repository, commit, wants) };
}
