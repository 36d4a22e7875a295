// Runs before the test projects that need real servers: builds the missing ones, so that no test waits for a
// compiler.
import { ensureServer, serverNames } from './servers.ts';

/** Vitest's global setup. Builds one server at a time, since each build uses all cores. */
export default async function prepareServers(): Promise<void> {
  for (const name of serverNames) await ensureServer(name);
}
