/**
 * A directory that tells a go child to keep its telemetry off: `telemetry/mode` = `off <date>` (read by cmd/internal/telemetry through
 * TEST_TELEMETRY_DIR; go-command writes counters on every run otherwise).
 */
import path from 'node:path';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { attempt, type StateDirectory } from './state-directory.ts';

/** Makes the directory and returns its path; undefined when it cannot be made, and then no go may be started. */
export async function prepareTelemetryOff(state: StateDirectory): Promise<string | undefined> {
  const directory = path.join(state.path, 'telemetry');
  const made = await attempt(state, directory, async () => {
    await ensureDirectory(directory);
    await writeAtomic(path.join(directory, 'mode'), 'off 2026-01-01');
  });
  return made.ok ? directory : undefined;
}
