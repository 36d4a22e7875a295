/** Repairs that are rollbacks, where something was found: what plans them is loaded only then. */
import type { TargetState } from '../drift/state.ts';
import type { Inspection } from './inspect.ts';
import type { Terminal } from './terminal.ts';

/** The state with what a rollback would do for its findings in place of repairs by hand. Throws the system's error where the record cannot be read. */
export async function withRollbacksOffered(
  terminal: Terminal,
  looked: Inspection,
  stateDirectory: string,
): Promise<TargetState> {
  if (looked.state.findings.length === 0) return looked.state;
  const { withRollbacks } = await import('./rollback/offers.ts');
  return await withRollbacks(terminal, looked, stateDirectory);
}
