// Runs before the test projects that compare with real Go: fetches the toolchains, so that no test waits for
// a download.
import { ensureToolchain, olderVersions, sweepScratch, toolchainVersions } from './toolchains.ts';

/**
 * Vitest's global setup. Fetches one toolchain at a time, since the network is the limit and progress lines
 * stay readable. Returns the teardown, which removes the scratch directories of workers: a signal ends these
 * before they can clean up.
 */
export default async function prepareToolchains(): Promise<() => void> {
  sweepScratch();
  for (const version of [...toolchainVersions, ...olderVersions]) await ensureToolchain(version);
  return sweepScratch;
}
