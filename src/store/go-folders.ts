/** The folders that a go child needs to leave nothing anywhere: one that tells it to keep its telemetry off, one with copies of what it reads. */
import path from 'node:path';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { removeCopies } from '../host/copies.ts';
import { attempt, type StateDirectory, telemetryMode } from './state-directory.ts';

/** Paths of folders in the state directory. */
export interface GoFolders {
  /** `mode` in it says `off <date>` (read by cmd/internal/telemetry through TEST_TELEMETRY_DIR; go writes counters on every run otherwise). */
  readonly telemetryDirectory: string;
  /** Empty but while a go reads there. */
  readonly copiesDirectory: string;
}

/** Makes both; undefined when that cannot be, and then no go may be started. */
export async function prepareGoFolders(state: StateDirectory): Promise<GoFolders | undefined> {
  const telemetryDirectory = path.join(state.path, telemetryMode.folder);
  const copiesDirectory = path.join(state.path, 'copies');
  const made = await attempt(state, 'the folders for go', async () => {
    await ensureDirectory(telemetryDirectory);
    await writeAtomic(path.join(telemetryDirectory, telemetryMode.file), telemetryMode.text);
    await ensureDirectory(copiesDirectory);
    await removeCopies(copiesDirectory);
  });
  return made.ok ? { telemetryDirectory, copiesDirectory } : undefined;
}
