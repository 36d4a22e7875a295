/**
 * Looks for who probably wrote the files behind a drift, at the moment at which it begins: a look that records nothing looks for nobody. Nothing of it is in the read
 * trace, nothing is started, and only what whoever is read for may reach is asked about.
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

/** What a look knows when its records are made. */
export interface LookedAt {
  readonly observation: Observation;
  /** How collectors did until this look: when each saw its facet last. */
  readonly collectors: readonly CollectorState[];
  readonly environment: Pick<ReadEnvironment, 'root' | 'credentials'>;
  /** uid of this process. */
  readonly uid: number;
}

/** Files that are asked about; a drift is read from a few. */
const mostFiles = 20;
/** How long reading what all collectors share may take, ms. */
const sourcesMs = 1000;

/** What stands at a path, a link not followed; undefined for what whoever is read for may not reach. */
function lstat(file: string) {
  try {
    return mayReach(dirname(file)) ? lstatSync(file) : undefined;
  } catch {
    return undefined;
  }
}

/** Where a file truly is; undefined when it is gone. */
function realName(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/**
 * From before the last look that saw the facets of a file until this one; undefined where one was never seen before. Sources are read once for all collectors, before the first of them: so that look
 * began as much earlier than a collector ended as all of them took, and as reading the sources took, for which a second is taken.
 */
function betweenLooks(of: readonly Facet[], { collectors, observation }: LookedAt): Between | undefined {
  const seen = of.flatMap(
    (facet) => collectors.find(({ collector }) => collector === facet)?.lastSuccess ?? [],
  );
  const runs = observation.runs.filter(({ facet }) => of.includes(facet));
  if (seen.length < of.length || runs.length === 0) return undefined;
  const took = collectors.reduce((ms, { durationSeconds }) => ms + durationSeconds * 1000, sourcesMs);
  return { from: Math.max(...seen) - took, to: Math.max(...runs.map(({ end }) => end)) };
}

/** The files, and the links on the way to them: who swaps one swaps the file. */
export function withLinks(files: readonly FileOfDrift[]): readonly FileOfDrift[] {
  const named = new Set(files.map((file) => file.path));
  return files.flatMap((file) => [
    file,
    ...linksOn(file.path)
      .filter((link) => !named.has(link) && named.add(link))
      .map((link) => ({ path: link, facets: file.facets })),
  ]);
}

/** Whose word is asked for, each once a look however many files changed: a walk through all descriptors, and the end of git's log of HEAD of a repository. */
export interface Witnesses {
  readonly open: (files: readonly string[]) => OpenFiles;
  readonly moves: ReadMoves;
}

const witnesses: Witnesses = { open: openWriters, moves: headMoves };

/** A file of a drift that changed between two looks. */
interface ChangedFile extends FileOfDrift {
  readonly between: Between;
  readonly stat: Stats;
  /** Where it truly is; undefined for a link. */
  readonly real: string | undefined;
}

/** What the kernel says of a file that changed between two looks; undefined for any other. */
function changedFile(file: FileOfDrift, look: LookedAt): ChangedFile | undefined {
  const between = betweenLooks(file.facets, look);
  const stat = between === undefined ? undefined : lstat(file.path);
  if (between === undefined || stat === undefined || !changedBetween(stat.ctimeMs, between)) return undefined;
  return { ...file, between, stat, real: stat.isSymbolicLink() ? undefined : realName(file.path) };
}

/** Whether processes that this one may not look into can have written: those of other users, where the file lets them. Root sees all, and could always. */
function othersMayWrite(stat: Stats, uid: number): boolean {
  return uid !== 0 && (stat.uid !== uid || everybodyWrites(stat) || anotherGroupWrites(stat));
}

/** What witnesses say of files, each asked once for all of them. */
function asked(
  files: readonly ChangedFile[],
  { open, moves }: Witnesses,
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
 * The records of a look, the drifts among them with who probably wrote their files. What is in another root is not asked about: times and processes there are others. `by` are
 * those who are asked.
 */
export function withWriters(
  records: readonly StepRecord[],
  look: LookedAt,
  by: Witnesses = witnesses,
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
    const evidenceOf = asked(changed.flat(), by, look.uid);
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
