// Runs before the projects that compare with real Go: fetches what they need, so that no test waits for a download.
import { ensureToolchain, olderVersions, sweepScratch, toolchainVersions } from './toolchains.ts';

/**
 * Vitest's global setup. One after the other: the network is the limit, and the progress lines stay readable.
 * Returns the teardown: workers are ended by a signal, and so leave their scratch folders behind.
 */
export default async function prepareToolchains(): Promise<() => void> {
  sweepScratch();
  for (const version of [...toolchainVersions, ...olderVersions]) await ensureToolchain(version);
  return sweepScratch;
}
