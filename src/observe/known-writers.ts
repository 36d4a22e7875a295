/**
 * Finds the probable writers of changed files for a single observation, such as `godrift check`, which has no
 * earlier observation to compare with. The source is the journal of an exporter on this host, which recorded
 * the writers when the files changed. A record applies only while the file is unchanged since: its ctime must
 * equal the recorded one.
 */
import type { Facet } from '../catalog/facets.ts';
import type { DriftRecord } from '../drift/events.ts';
import type { Observation, Origin } from '../drift/model.ts';
import { type ProbableWriter, probableWriterIn } from '../drift/probable-writer.ts';
import { filesOfDrift } from '../drift/writer.ts';
import { lstatSync } from '../host/root.ts';
import { eventOf } from '../store/journal-line.ts';
import { newestLinesWith } from '../store/journal-search.ts';
import { withLinks } from './writers.ts';

/** A differing entry, and the file that it comes from. */
export interface DifferingEntry {
  readonly facet: Facet;
  readonly key: string;
  readonly origin?: Origin;
}

/** Most files to look up; if more differ, another branch was checked out. */
const mostFiles = 50;

/** Returns the ctime of the entry at a path, ms since the epoch; undefined if there is none. */
function changeOf(file: string): number | undefined {
  try {
    return lstatSync(file)?.ctimeMs;
  } catch {
    return undefined;
  }
}

/**
 * Returns, for each difference, the writers recorded in the journal of the given directory, in the order of
 * the files. Throws the system error if the journal cannot be read.
 */
export async function knownWriters(
  journal: string,
  { workspace, observation }: { readonly workspace: string; readonly observation: Observation },
  differences: readonly DifferingEntry[],
): Promise<readonly (readonly ProbableWriter[])[]> {
  const asked = differences.map((difference) => {
    const { facet } = difference;
    const files = filesOfDrift({ workspace, facets: [facet], changes: [difference] }, observation);
    return { facet, files: withLinks(files) };
  });
  const changed = new Map<string, number>();
  for (const { path } of asked.flatMap(({ files }) => files)) {
    const at = changed.size < mostFiles ? changeOf(path) : undefined;
    if (at !== undefined) changed.set(path, at);
  }
  // The number as JSON writes it, with the comma behind it, so that a longer number with the same beginning
  // does not match.
  const texts = [...new Set([...changed.values()].map((at) => `"changed":${at},`))];
  const lines = texts.length === 0 ? [] : await newestLinesWith(journal, texts);
  const told = new Map<string, readonly ProbableWriter[]>();
  for (const line of lines) {
    if (line.type !== 'drift') continue;
    const record = eventOf(line) as DriftRecord;
    if (record.workspace !== workspace || !Array.isArray(record.writers)) continue;
    // The line may have been edited by hand, so each record is validated.
    const writers = record.writers.flatMap((one) => probableWriterIn(one) ?? []);
    for (const [path, at] of changed) {
      const those = writers.filter((writer) => writer.path === path && writer.changed === at);
      if (those.length > 0 && !told.has(path)) told.set(path, those);
    }
  }
  return asked.map(({ facet, files }) =>
    files.flatMap(({ path }) => (told.get(path) ?? []).filter(({ facets }) => facets.includes(facet))),
  );
}
