/** Version and revision, put in by the bundler; source runs (tests) say `0.0.0-dev`. */
import process from 'node:process';

declare const GODRIFT_VERSION: string | undefined;
declare const GODRIFT_REVISION: string | undefined;

export const version = typeof GODRIFT_VERSION === 'string' ? GODRIFT_VERSION : '0.0.0-dev';
export const revision = typeof GODRIFT_REVISION === 'string' ? GODRIFT_REVISION : 'unknown';

/**
 * What `--version` prints: the first line as Prometheus and its exporters have it (prometheus/common, version.Print), for tools that look there for
 * what is installed. Without a branch, because builds of one commit are the same bytes.
 */
export const versionText = () =>
  [
    `godrift, version ${version} (revision: ${revision})`,
    `  node version:     ${process.version}`,
    `  platform:         ${process.platform}/${process.arch}`,
  ].join('\n');
