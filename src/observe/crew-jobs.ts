/** What threads do for audits: list a folder of the build cache, read action entries, hash files. */
import { buildIdBytes } from '../go/build-id.ts';
import { describeOutput, outputKinds } from '../go/cache-object.ts';
import { packageOfArchive } from '../go/go-archive.ts';
import { countFiles, type FolderScan, readCacheActions, scanCacheFolder } from '../host/cache-folder.ts';
import { type Stamp, withReader } from '../host/files.ts';
import { type HashFailure, hashFile, type ReadOpen } from '../host/hash-file.ts';
import { fullPace, type Pace, paceOf } from '../host/pace.ts';

/** What an output is, as far as manifests keep it. */
export interface OutputAbout {
  /** Index into {@link outputKinds}. */
  readonly kind: number;
  /** First bytes of the action that its build id names; empty without. */
  readonly madeBy: Uint8Array;
  /** Whether its bytes follow from its action: an archive that only Go's own tools made. */
  readonly pure: boolean;
}

/** An output in words. */
export interface OutputDescription {
  readonly kind: string;
  readonly package?: string;
  readonly producer?: string;
}

export type HashAnswer =
  | { readonly digest: Uint8Array; readonly stamp: Stamp; readonly about?: OutputAbout }
  | HashFailure;

/** A job and its answer, by kind. `share` is the part of a core that it may take. */
export interface Jobs {
  readonly scan: {
    readonly job: { readonly cache: string; readonly prefix: string };
    readonly answer: FolderScan;
  };
  readonly actions: {
    readonly job: { readonly cache: string; readonly ids: Uint8Array };
    readonly answer: ReturnType<typeof readCacheActions>;
  };
  /** Files below a directory, at most `limit`, by name alone. */
  readonly count: {
    readonly job: { readonly directory: string; readonly limit: number };
    readonly answer: number;
  };
  /** What an output is, from as much of it as that takes; undefined when it cannot be read. */
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
    };
  });
}

let current = { share: 1, pace: fullPace };

/** Does a job, here and now. */
export function doJob(job: Job): Jobs[JobKind]['answer'] {
  if (current.share !== job.share) current = { share: job.share, pace: paceOf(job.share) };
  const { pace } = current;
  if (job.kind === 'scan') return scanCacheFolder(job.cache, job.prefix, pace);
  if (job.kind === 'actions') return readCacheActions(job.cache, job.ids, pace);
  if (job.kind === 'count') return countFiles(job.directory, job.limit, pace);
  if (job.kind === 'describe') return describe(job.path);
  return hashAll(job, pace);
}
