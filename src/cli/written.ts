/** Who probably wrote what differs, where an exporter of this user recorded it: for commands that look once. */
import type { Observation } from '../drift/model.ts';
import type { ProbableWriter } from '../drift/probable-writer.ts';
import type { TargetState } from '../drift/state.ts';
import { lstatOf } from '../host/atomic.ts';
import { isSystemError } from '../host/errors.ts';
import { type Difference, knownWriters } from '../observe/known-writers.ts';
import { journalDirectory } from '../store/journal.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Terminal } from './terminal.ts';

/** For each of the differences those that are known; none where there is no journal, and said on stderr where it cannot be read: the rest of the answer stands. */
export async function writersFor(
  terminal: Terminal,
  stateDirectory: string,
  about: { readonly workspace: string; readonly observation: Observation },
  differences: readonly Difference[],
): Promise<readonly (readonly ProbableWriter[])[]> {
  const journal = journalDirectory(stateDirectory);
  const none = differences.map(() => []);
  try {
    // A link, or a file, is nobody's journal.
    if ((await lstatOf(journal))?.isDirectory() !== true) return none;
    return await knownWriters(journal, about, differences);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    terminal.stderr.write(`godrift: the journal in ${journal} cannot be read: ${systemReason(error)}\n`);
    return none;
  }
}

/** The state, its drifts with who probably wrote their files. */
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
