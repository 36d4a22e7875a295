/**
 * Finds who probably wrote what differs, from the records of this user's exporter. For commands, which
 * observe only once.
 */
import type { Observation } from '../drift/model.ts';
import type { ProbableWriter } from '../drift/probable-writer.ts';
import type { TargetState } from '../drift/state.ts';
import { type DifferingEntry, knownWriters } from '../observe/known-writers.ts';
import { fromJournal } from './from-journal.ts';
import type { Terminal } from './terminal.ts';

/** Returns the known writers of each difference; none without a readable journal. */
export async function writersFor(
  terminal: Terminal,
  stateDirectory: string,
  about: { readonly workspace: string; readonly observation: Observation },
  differences: readonly DifferingEntry[],
): Promise<readonly (readonly ProbableWriter[])[]> {
  const none = differences.map(() => []);
  return await fromJournal(terminal, stateDirectory, none, (journal) =>
    knownWriters(journal, about, differences),
  );
}

/** Adds the probable writers to the drifts of a state. */
export async function withKnownWriters(
  terminal: Terminal,
  { state, observation }: { readonly state: TargetState; readonly observation: Observation },
  stateDirectory: string,
): Promise<TargetState> {
  const drifts = state.findings.filter(({ kind }) => kind === 'drift');
  const about = { workspace: state.workspace, observation };
  const known = await writersFor(terminal, stateDirectory, about, drifts);
  const findings = state.findings.map((finding) => {
    const writers = known[drifts.indexOf(finding)] ?? [];
    return writers.length === 0 ? finding : { ...finding, writers };
  });
  return { ...state, findings };
}
