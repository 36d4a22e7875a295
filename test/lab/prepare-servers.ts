// Runs before the projects that need real servers: builds what is not there, so that no test waits for a compiler.
import { ensureServer, serverNames } from './servers.ts';

/** Vitest's global setup. One after the other: each build uses all cores. */
export default async function prepareServers(): Promise<void> {
  for (const name of serverNames) await ensureServer(name);
}
