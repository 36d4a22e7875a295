/**
 * Who probably wrote the files behind differences, for a look that has no look before it and so cannot tell: what an exporter of this host recorded when they were written. It holds for
 * a file that nobody changed since: the kernel's time of its last change is the one that was recorded.
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

/** What differs, and where it comes from. */
export interface Difference {
  readonly facet: Facet;
  readonly key: string;
  readonly origin?: Origin;
}

/** Files that are asked about; where more differ another branch was checked out. */
const mostFiles = 50;

/** The kernel's time of the last change of what stands at a path, ms since the epoch; undefined where nothing does. */
function changeOf(file: string): number | undefined {
  try {
    return lstatSync(file)?.ctimeMs;
  } catch {
    return undefined;
  }
}

/**
 * For each of the differences the writers that the journal in that directory names, in the order of their files. Throws the system's error where the
 * journal cannot be read.
 */
export async function knownWriters(
  journal: string,
  { workspace, observation }: { readonly workspace: string; readonly observation: Observation },
  differences: readonly Difference[],
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
  // As JSON writes the number, and what follows it: the beginning of a longer one is another time.
  const texts = [...new Set([...changed.values()].map((at) => `"changed":${at},`))];
  const lines = texts.length === 0 ? [] : await newestLinesWith(journal, texts);
  const told = new Map<string, readonly ProbableWriter[]>();
  for (const line of lines) {
    if (line.type !== 'drift') continue;
    const record = eventOf(line) as DriftRecord;
    if (record.workspace !== workspace || !Array.isArray(record.writers)) continue;
    // A line that somebody edited may hold anything.
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
