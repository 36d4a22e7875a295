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
import { realpathSync } from '../host/counted-fs.ts';
import { linksOn } from '../host/files.ts';
import { gitWriteOf } from '../host/git/wrote.ts';
import { openWriters } from '../host/open-writers.ts';
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
  const seen = of.map((facet) => collectors.find(({ collector }) => collector === facet)?.lastSuccess);
  const runs = observation.runs.filter(({ facet }) => of.includes(facet));
  if (seen.includes(undefined) || runs.length === 0) return undefined;
  const took = collectors.reduce((ms, { durationSeconds }) => ms + durationSeconds * 1000, sourcesMs);
  return { from: Math.max(...(seen as number[])) - took, to: Math.max(...runs.map(({ end }) => end)) };
}

/** The files, and the links on the way to them: who swaps one swaps the file. */
function withLinks(files: readonly FileOfDrift[]): readonly FileOfDrift[] {
  const named = new Set(files.map((file) => file.path));
  return files.flatMap((file) => [
    file,
    ...linksOn(file.path)
      .filter((link) => !named.has(link) && named.add(link))
      .map((link) => ({ path: link, facets: file.facets })),
  ]);
}

/** What the kernel, /proc and git say of a file that changed between two looks; undefined for any other. */
function evidenceOf(file: FileOfDrift, between: Between): FileEvidence | undefined {
  const stat = lstat(file.path);
  if (stat === undefined || !changedBetween(stat.ctimeMs, between)) return undefined;
  const isLink = stat.isSymbolicLink();
  const real = isLink ? undefined : realName(file.path);
  const git = real === undefined ? undefined : gitWriteOf(file.path, between.from, between.to);
  return {
    ...file,
    changed: stat.ctimeMs,
    isLink,
    uid: stat.uid,
    ...(git === undefined ? {} : { git }),
    open: real === undefined ? [] : openWriters(real),
  };
}

/** The records of a look, the drifts among them with who probably wrote their files. What is in another root is not asked about: times and processes there are others. */
export function withWriters(records: readonly StepRecord[], look: LookedAt): readonly StepRecord[] {
  const { root, credentials } = look.environment;
  if (root !== '/' || !records.some(({ type }) => type === 'drift')) return records;
  return readAs(credentials, () =>
    records.map((record) => {
      if (record.type !== 'drift') return record;
      const owner = lstat(record.workspace)?.uid;
      const users = new Set([readerUid() ?? look.uid, ...(owner === undefined ? [] : [owner])]);
      const writers = withLinks(filesOfDrift(record, look.observation))
        .slice(0, mostFiles)
        .flatMap((file) => {
          const between = betweenLooks(file.facets, look);
          const evidence = between === undefined ? undefined : evidenceOf(file, between);
          return between === undefined || evidence === undefined ? [] : writersOf(evidence, between, users);
        });
      return writers.length === 0 ? record : { ...record, writers };
    }),
  );
}
