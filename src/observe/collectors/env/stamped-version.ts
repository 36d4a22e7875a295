/**
 * Detects when the module cache makes `go` stamp a program with another version than the tag of HEAD. Since
 * Go 1.25 and with GOPROXY=off, `go` takes the version of a commit seen before from the cache, by the
 * commit's hash, and ignores tags (readDiskStatByHash in cmd/go/internal/modfetch/cache.go). A commit that
 * was listed or built before it was tagged keeps its old version.
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
  /** Module path, as in go.mod. */
  readonly path: string;
}

/** Largest go.mod that is read, bytes. */
const goModLimit = 1024 * 1024;
const hashDigits = 12;
const pseudoTime = /[-.]\d{14}$/;
const whole = /^v(\d+)\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?$/;

const withMajor = /^(.*)\/v([2-9]|[1-9]\d+)$/;

/** Splits a module path into its stem and its major version. */
function splitPath(module: string): { readonly stem: string; readonly major?: string } {
  const [, stem, major] = withMajor.exec(module) ?? [];
  return stem === undefined || major === undefined ? { stem: module } : { stem, major };
}

/**
 * Returns the prefix of a module's version tags: its directory within the repository, without a final major
 * version (https://go.dev/ref/mod#vcs-version). Undefined if `go` stamps no version or has special rules
 * (gopkg.in): in a subdirectory of a repository without go.mod, or if the module path does not match the
 * directory.
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

/** Returns the module version that a tag names; undefined for other tags. */
function versionIn(tag: string, before: string, { path: module }: StampedModule): string | undefined {
  if (!tag.startsWith(before)) return undefined;
  const version = tag.slice(before.length);
  const found = isModuleVersion(version) ? whole.exec(version)?.[1] : undefined;
  const { major } = splitPath(module);
  const isOfIt = major === undefined ? found === '0' || found === '1' : found === major;
  return isOfIt ? version : undefined;
}

/**
 * Returns the highest version that the module cache has for a commit, which `go` uses, and all files that
 * name a version of it.
 */
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

/** The version that `go` stamps instead of the tag's, or why that could not be determined. */
export type Stale = { readonly stamp: StaleStamp } | { readonly unjudged: string };

/** Reported if there are too many tags to find the one of the commit (decision 0083). */
const tooManyTags =
  'the repository has too many tags to determine whether go stamps programs with the version of the tag at HEAD';

/**
 * Returns the version that is stamped instead of the tag of HEAD, according to a module cache. Undefined if
 * the tag is stamped, if there is none, or if that is unknown. `git` is the git directory of the working
 * tree.
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
    // An unreadable repository yields no finding.
    if (error instanceof GitProblem) return undefined;
    throw error;
  }
}
