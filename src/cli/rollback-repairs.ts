/** Offers rollbacks as repairs. The code that plans them is loaded only if there are findings. */
import type { TargetState } from '../drift/state.ts';
import type { Inspection } from './inspect.ts';
import type { Terminal } from './terminal.ts';

/**
 * Returns the state with rollbacks in place of manual repairs where they fix a finding. Throws the system's
 * error if the record cannot be read.
 */
export async function withRollbacksOffered(
  terminal: Terminal,
  looked: Inspection,
  stateDirectory: string,
): Promise<TargetState> {
  if (looked.state.findings.length === 0) return looked.state;
  const { withRollbacks } = await import('./rollback/offers.ts');
  return await withRollbacks(terminal, looked, stateDirectory);
}
