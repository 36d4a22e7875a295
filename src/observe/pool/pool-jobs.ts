/** The jobs of audit threads: list directories of the build cache, read action entries, hash files. */
import { buildIdBytes } from '../../go/build-id.ts';
import { describeOutput, outputKinds } from '../../go/cache-object.ts';
import { hash1 } from '../../go/dirhash.ts';
import { packageOfArchive } from '../../go/go-archive.ts';
import {
  buildFolders,
  cachedToolchain,
  decidesBuild,
  toolchainDigestText,
  zipFiles,
} from '../../go/toolchain-files.ts';
import { countFiles, type FolderScan, readCacheActions, scanCacheFolder } from '../../host/cache-folder.ts';
import { sha256Base64, sha256Hex } from '../../host/digest.ts';
import { type RootedPath, type Stamp, withReader } from '../../host/files.ts';
import { type HashFailure, hashFile, type ReadOpen } from '../../host/hash-file.ts';
import { fullPace, type Pace, paceOf } from '../../host/pace.ts';
import {
  formatSummary,
  formatTreeFiles,
  hashTree,
  isAsListed,
  parseSummary,
  parseTreeFiles,
  type TreeFile,
  TreeProblem,
} from '../../host/toolchain-tree.ts';

/** Description of an output in the compact form that manifests store. */
export interface OutputAbout {
  /** Index into {@link outputKinds}. */
  readonly kind: number;
  /** First bytes of the action id in its build id; empty if there is none. */
  readonly madeBy: Uint8Array;
  /** Whether its bytes follow from its action: an archive made by Go's own tools alone. */
  readonly pure: boolean;
  /** Whether it is an archive with an object made by another Go release. */
  readonly mixed: boolean;
}

/** Digest of a toolchain, or why there is none. `files` is to be passed as `known` to the next job. */
export type ToolchainAnswer =
  | { readonly digest: string; readonly files: string; readonly changed: boolean; readonly h1?: string }
  | { readonly problem: string };

/** Description of an output in words. */
export interface OutputDescription {
  readonly kind: string;
  readonly package?: string;
  readonly producer?: string;
  /** First line of an object, in the archive, that was made by another Go release. */
  readonly mixedWith?: string;
}

export type HashAnswer =
  | { readonly digest: Uint8Array; readonly stamp: Stamp; readonly about?: OutputAbout }
  | HashFailure;

/** Jobs and their answers, by kind. Each job also has a `share`: the part of a core that it may use. */
export interface Jobs {
  readonly scan: {
    readonly job: { readonly cache: string; readonly prefixes: readonly string[] };
    readonly answer: readonly FolderScan[];
  };
  readonly actions: {
    readonly job: { readonly cache: string; readonly ids: Uint8Array };
    readonly answer: ReturnType<typeof readCacheActions>;
  };
  /** Counts the files below a directory by name alone, up to `limit`. */
  readonly count: {
    readonly job: { readonly directory: string; readonly limit: number };
    readonly answer: number;
  };
  /**
   * Digests the files of a toolchain; `known` is `files` of the last answer. With `whole` the tests are read
   * too, as the hash of the zip requires.
   */
  readonly toolchain: {
    readonly job: { readonly tree: RootedPath; readonly known?: string; readonly whole: boolean };
    readonly answer: ToolchainAnswer;
  };
  /** Describes an output, reading no more of it than needed; undefined if it is unreadable. */
  readonly describe: {
    readonly job: { readonly path: string };
    readonly answer: OutputDescription | undefined;
  };
  readonly hash: {
    readonly job: { readonly paths: readonly string[]; readonly limit: number; readonly describe: boolean };
    readonly answer: readonly HashAnswer[];
  };
}
export type JobKind = keyof Jobs;
export type Job = {
  readonly [K in JobKind]: { readonly kind: K; readonly share: number } & Jobs[K]['job'];
}[JobKind];

function about(read: ReadOpen, size: number): OutputAbout {
  const output = describeOutput(read, size);
  return {
    kind: outputKinds.indexOf(output.kind),
    madeBy:
      output.madeBy === undefined
        ? new Uint8Array()
        : new Uint8Array(Buffer.from(output.madeBy, 'base64url').subarray(0, buildIdBytes)),
    pure: output.archive?.pure ?? false,
    mixed: output.archive?.mixedWith !== undefined,
  };
}

function hashAll({ paths, limit, describe }: Jobs['hash']['job'], pace: Pace): readonly HashAnswer[] {
  return paths.map((path): HashAnswer => {
    const done = hashFile(path, { limit, pace, describe: describe ? about : () => undefined });
    if (typeof done === 'string') return done;
    const { digest, stamp } = done;
    return {
      digest: new Uint8Array(digest),
      stamp,
      ...(done.about === undefined ? {} : { about: done.about }),
    };
  });
}

function describe(path: string): OutputDescription | undefined {
  return withReader(path, (read, size): OutputDescription => {
    const { kind, archive } = describeOutput(read, size);
    if (archive === undefined) return { kind };
    const name = packageOfArchive(read, size);
    return {
      kind,
      producer: `${archive.toolchain} ${archive.os}/${archive.arch}`,
      ...(name === undefined ? {} : { package: name }),
      ...(archive.mixedWith === undefined ? {} : { mixedWith: archive.mixedWith }),
    };
  });
}

function digestToolchain({ tree, known = '', whole }: Jobs['toolchain']['job'], pace: Pace): ToolchainAnswer {
  const starts = whole ? [''] : buildFolders;
  const wanted = whole ? () => true : decidesBuild;
  const summary = parseSummary(known);
  if (summary !== undefined && isAsListed(tree, starts, wanted, known, pace))
    return { ...summary, files: known, changed: false };
  try {
    const list = [...hashTree(tree, starts, wanted, parseTreeFiles(known), pace).values()];
    const digest = `sha256:${sha256Hex(toolchainDigestText(list))}`;
    const cached = whole ? cachedToolchain(tree.path) : undefined;
    const h1 = cached === undefined ? undefined : zipHash(cached.module, list);
    const made = { digest, ...(h1 === undefined ? {} : { h1 }) };
    return { ...made, files: formatSummary(made) + formatTreeFiles(list), changed: true };
  } catch (error) {
    if (error instanceof TreeProblem) return { problem: error.message };
    throw error;
  }
}

function zipHash(module: string, files: readonly TreeFile[]): string | undefined {
  const names = new Map(zipFiles(files).map(({ name, sha256 }) => [`${module}/${name}`, sha256]));
  return hash1(names, { base64: sha256Base64 });
}

let current = { share: 1, pace: fullPace };

/** Runs a job on the current thread. */
export function doJob(job: Job): Jobs[JobKind]['answer'] {
  if (current.share !== job.share) current = { share: job.share, pace: paceOf(job.share) };
  const { pace } = current;
  if (job.kind === 'scan') return job.prefixes.map((prefix) => scanCacheFolder(job.cache, prefix, pace));
  if (job.kind === 'actions') return readCacheActions(job.cache, job.ids, pace);
  if (job.kind === 'count') return countFiles(job.directory, job.limit, pace);
  if (job.kind === 'describe') return describe(job.path);
  if (job.kind === 'toolchain') return digestToolchain(job, pace);
  return hashAll(job, pace);
}
