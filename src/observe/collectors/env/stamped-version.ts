/**
 * Whether the module cache makes go stamp a program with another version than that of the tag which is checked out. Since 1.25 and with GOPROXY=off go takes the version of a commit that
 * it has seen before from the cache, by the commit's hash, and asks no tag any more (readDiskStatByHash in cmd/go/internal/modfetch/cache.go): a commit that was listed or built before
 * it was tagged keeps the version of then.
 */
import path from 'node:path';
import type { StaleStamp } from '../../../drift/model.ts';
import { parseGoMod } from '../../../go/gomod.ts';
import { downloadPath } from '../../../go/module-path.ts';
import { compareModuleVersions, isModuleVersion } from '../../../go/semver.ts';
import { listDirectory } from '../../../host/files.ts';
import { GitProblem, opened } from '../../../host/git/repository.ts';
import { TooManyTags, taggedHead } from '../../../host/git/tags.ts';
import { readSmallSync } from '../../../host/tree.ts';

/** A module whose programs are stamped. */
export interface StampedModule {
  /** Real paths of its repository and of its directory. */
  readonly repository: string;
  readonly directory: string;
  /** Its path, as go.mod has it. */
  readonly path: string;
}

/** Largest go.mod that is read, bytes. */
const goModLimit = 1024 * 1024;
const hashDigits = 12;
const pseudoTime = /[-.]\d{14}$/;
const whole = /^v(\d+)\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

const withMajor = /^(.*)\/v([2-9]|[1-9]\d+)$/;

/** The path of a module without its major version, and that version. */
function splitPath(module: string): { readonly stem: string; readonly major?: string } {
  const [, stem, major] = withMajor.exec(module) ?? [];
  return stem === undefined || major === undefined ? { stem: module } : { stem, major };
}

/**
 * What stands before the versions of a module in the names of tags: its place in the repository, but for a last folder that is its major version (https://go.dev/ref/mod#vcs-version).
 * Undefined where go stamps no version, or has rules of its own (gopkg.in): below a repository without a go.mod, or where the path does not say the place.
 */
function tagPrefix({ repository, directory, path: module }: StampedModule): string | undefined {
  if (module.startsWith('gopkg.in/')) return undefined;
  if (directory === repository) return '';
  const { stem, major } = splitPath(module);
  const folders = path.relative(repository, directory).split(path.sep);
  if (major !== undefined && folders.at(-1) === `v${major}`) folders.pop();
  const before = folders.map((name) => `${name}/`).join('');
  const root = readSmallSync(path.join(repository, 'go.mod'), goModLimit);
  const top = root === undefined ? undefined : parseGoMod(root).module?.path;
  return top !== undefined && `${stem}/` === `${splitPath(top).stem}/${before}` ? before : undefined;
}

/** The version of a module that a tag is; undefined for other tags. */
function versionIn(tag: string, before: string, { path: module }: StampedModule): string | undefined {
  if (!tag.startsWith(before)) return undefined;
  const version = tag.slice(before.length);
  const found = isModuleVersion(version) ? whole.exec(version)?.[1] : undefined;
  const { major } = splitPath(module);
  const isOfIt = major === undefined ? found === '0' || found === '1' : found === major;
  return isOfIt ? version : undefined;
}

/** The highest version that the module cache has for a commit, which is the one that go takes, and every file that names one. */
function knownVersion(
  downloads: string,
  commit: string,
): (Pick<StaleStamp, 'files'> & { readonly version: string }) | undefined {
  const end = `-${commit.slice(0, hashDigits)}.info`;
  const names = listDirectory({ root: '/', path: downloads }).filter((name) => {
    const time = name.slice(0, -end.length);
    return name.endsWith(end) && pseudoTime.test(time) && isModuleVersion(name.slice(0, -'.info'.length));
  });
  const [version] = names
    .map((name) => name.slice(0, -'.info'.length))
    .sort((a, b) => compareModuleVersions(b, a));
  const [first, ...more] = names.map((name) => path.join(downloads, name));
  return version === undefined || first === undefined ? undefined : { version, files: [first, ...more] };
}

/** What go stamps instead of the version of the tag; or why that could not be found out. */
export type Stale = { readonly stamp: StaleStamp } | { readonly unjudged: string };

/** What is told where there are too many tags to find that of the commit (decision 0083). */
const tooManyTags =
  'the repository has too many tags to find out whether go stamps programs with the version of the one that is checked out';

/**
 * What is stamped instead of the tag of what is checked out, by a module cache; undefined where the tag is, where there is none, or where that cannot be told. `git` is the git
 * directory of the working tree.
 */
export function staleStamp(module: StampedModule, git: string, modCache: string): Stale | undefined {
  const before = tagPrefix(module);
  if (before === undefined) return undefined;
  try {
    const head = taggedHead(opened(module.repository, git));
    if (head === undefined) return undefined;
    const downloads = path.dirname(path.join(modCache, downloadPath(module.path, 'v0.0.0', 'info')));
    const known = knownVersion(downloads, head.commit);
    if (known === undefined) return undefined;
    const versions = head
      .tags((tag) => versionIn(tag, before, module) !== undefined)
      .map((tag) => ({ tag, version: versionIn(tag, before, module) as string }));
    const [newest] = versions.sort((a, b) => compareModuleVersions(b.version, a.version));
    return newest === undefined
      ? undefined
      : { stamp: { ...newest, stamped: known.version, files: known.files } };
  } catch (error) {
    if (error instanceof TooManyTags) return { unjudged: tooManyTags };
    // A repository that cannot be read tells nothing.
    if (error instanceof GitProblem) return undefined;
    throw error;
  }
}
