/**
 * Folders that keep a go child from leaving traces: one with the setting that turns its telemetry off, one
 * for copies of the files that it reads.
 */
import path from 'node:path';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { removeCopies } from '../host/copies.ts';
import { attempt, type StateDirectory, telemetryMode } from './state-directory.ts';

/** Paths of folders in the state directory. */
export interface GoFolders {
  /**
   * Its file `mode` says `off <date>` (cmd/internal/telemetry reads it by TEST_TELEMETRY_DIR; otherwise go
   * writes counters on every run).
   */
  readonly telemetryDirectory: string;
  /** Empty unless a go is reading there. */
  readonly copiesDirectory: string;
}

/** Creates both folders; undefined if that fails, and no go may be started then. */
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
