/**
 * Determines who probably wrote the files behind a drift, at the moment the drift begins. Observations
 * without a drift record skip this. Nothing read here enters the read trace, no process is started, and only
 * files accessible to the target's user are examined.
 */
import { dirname } from 'node:path';
import type { Facet } from '../catalog/facets.ts';
import type { Observation } from '../drift/model.ts';
import type { CollectorState } from '../drift/state.ts';
import type { StepRecord } from '../drift/step-data.ts';
import {
  type Between,
  changedBetween,
  type FileEvidence,
  type FileOfDrift,
  filesOfDrift,
  writersOf,
} from '../drift/writer.ts';
import { realpathSync, type Stats } from '../host/counted-fs.ts';
import { linksOn } from '../host/files.ts';
import { headMoves } from '../host/git/reflog.ts';
import { gitWrites, type ReadMoves } from '../host/git/wrote.ts';
import { type OpenFiles, openWriters } from '../host/open-writers.ts';
import { anotherGroupWrites, everybodyWrites } from '../host/path-owner.ts';
import { mayReach, readAs, readerUid } from '../host/reader.ts';
import { lstatSync } from '../host/root.ts';
import type { ReadEnvironment } from './environment/process-environment.ts';

/** What is known about an observation when its records are made. */
export interface ObservationContext {
  readonly observation: Observation;
  /** Status of the collectors before this observation, with the time at which each last succeeded. */
  readonly collectors: readonly CollectorState[];
  readonly environment: Pick<ReadEnvironment, 'root' | 'credentials'>;
  /** Uid of this process. */
  readonly uid: number;
}

/** Most files to examine for one drift. */
const mostFiles = 20;
/** Allowance for the time that reading the shared sources takes, ms. */
const sourcesMs = 1000;

/**
 * Returns the status of the entry at a path without following a symlink; undefined if it is absent or not
 * accessible to the target's user.
 */
function lstat(file: string) {
  try {
    return mayReach(dirname(file)) ? lstatSync(file) : undefined;
  } catch {
    return undefined;
  }
}

/** Returns the real path of a file; undefined if the file is gone. */
function realName(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/**
 * Returns the interval from before the last successful observation of a file's facets until this one;
 * undefined if a facet was never observed. The sources are read once, before the first collector, so the
 * previous observation began earlier than its collector ended: by the durations of all collectors plus the
 * time to read the sources, for which one second is assumed.
 */
function betweenLooks(
  of: readonly Facet[],
  { collectors, observation }: ObservationContext,
): Between | undefined {
  const seen = of.flatMap(
    (facet) => collectors.find(({ collector }) => collector === facet)?.lastSuccess ?? [],
  );
  const runs = observation.runs.filter(({ facet }) => of.includes(facet));
  if (seen.length < of.length || runs.length === 0) return undefined;
  const took = collectors.reduce((ms, { durationSeconds }) => ms + durationSeconds * 1000, sourcesMs);
  return { from: Math.max(...seen) - took, to: Math.max(...runs.map(({ end }) => end)) };
}

/** Returns the files and the symlinks on the way to them: replacing a symlink replaces the file. */
export function withLinks(files: readonly FileOfDrift[]): readonly FileOfDrift[] {
  const named = new Set(files.map((file) => file.path));
  return files.flatMap((file) => [
    file,
    ...linksOn(file.path)
      .filter((link) => !named.has(link) && named.add(link))
      .map((link) => ({ path: link, facets: file.facets })),
  ]);
}

/**
 * The sources of evidence, each queried once per observation however many files changed: a walk over all open
 * descriptors, and the tail of git's reflog of HEAD for each repository.
 */
export interface EvidenceSources {
  readonly open: (files: readonly string[]) => OpenFiles;
  readonly moves: ReadMoves;
}

const evidenceSources: EvidenceSources = { open: openWriters, moves: headMoves };

/** A file of a drift that changed between two observations. */
interface ChangedFile extends FileOfDrift {
  readonly between: Between;
  readonly stat: Stats;
  /** Real path; undefined for a symlink. */
  readonly real: string | undefined;
}

/** Returns a file's status if it changed between the two observations, otherwise undefined. */
function changedFile(file: FileOfDrift, look: ObservationContext): ChangedFile | undefined {
  const between = betweenLooks(file.facets, look);
  const stat = between === undefined ? undefined : lstat(file.path);
  if (between === undefined || stat === undefined || !changedBetween(stat.ctimeMs, between)) return undefined;
  return { ...file, between, stat, real: stat.isSymbolicLink() ? undefined : realName(file.path) };
}

/**
 * Reports whether the file may have been written by a process that this one cannot inspect: a process of
 * another user who may write the file. Always false for root, which can inspect all processes.
 */
function othersMayWrite(stat: Stats, uid: number): boolean {
  return uid !== 0 && (stat.uid !== uid || everybodyWrites(stat) || anotherGroupWrites(stat));
}

/** Queries each source once for all files, and returns a lookup of the evidence for one file. */
function gatherEvidence(
  files: readonly ChangedFile[],
  { open, moves }: EvidenceSources,
  uid: number,
): (file: ChangedFile) => FileEvidence {
  const reals = new Set(files.flatMap(({ real }) => real ?? []));
  const { writers, whole } = open([...reals]);
  const gitWriteOf = gitWrites(
    {
      from: Math.min(...files.map(({ between }) => between.from)),
      to: Math.max(...files.map(({ between }) => between.to)),
    },
    moves,
  );
  return ({ between, stat, real, path, facets }) => {
    const git = real === undefined ? undefined : gitWriteOf(path, between);
    return {
      path,
      facets,
      changed: stat.ctimeMs,
      isLink: stat.isSymbolicLink(),
      uid: stat.uid,
      ...(git === undefined ? {} : { git }),
      open: real === undefined ? [] : (writers.get(real) ?? []),
      ...(whole && !othersMayWrite(stat, uid) ? {} : { unseen: true }),
    };
  };
}

/**
 * Returns the records with the probable writers added to each drift. Drifts in another root are left as they
 * are: timestamps and processes differ there.
 */
export function withWriters(
  records: readonly StepRecord[],
  look: ObservationContext,
  by: EvidenceSources = evidenceSources,
): readonly StepRecord[] {
  const { root, credentials } = look.environment;
  if (root !== '/' || !records.some(({ type }) => type === 'drift')) return records;
  return readAs(credentials, () => {
    const changed = records.map((record) =>
      record.type === 'drift'
        ? withLinks(filesOfDrift(record, look.observation))
            .slice(0, mostFiles)
            .flatMap((file) => changedFile(file, look) ?? [])
        : [],
    );
    if (changed.every((files) => files.length === 0)) return records;
    const evidenceOf = gatherEvidence(changed.flat(), by, look.uid);
    return records.map((record, index) => {
      if (record.type !== 'drift') return record;
      const owner = lstat(record.workspace)?.uid;
      const users = new Set([readerUid() ?? look.uid, ...(owner === undefined ? [] : [owner])]);
      const writers = (changed[index] ?? []).flatMap((file) =>
        writersOf(evidenceOf(file), file.between, users),
      );
      return writers.length === 0 ? record : { ...record, writers };
    });
  });
}
