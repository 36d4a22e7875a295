/** Version and revision, defined by the bundler. In runs from source (tests) the version is `0.0.0-dev`. */
import process from 'node:process';

declare const GODRIFT_VERSION: string | undefined;
declare const GODRIFT_REVISION: string | undefined;

export const version = typeof GODRIFT_VERSION === 'string' ? GODRIFT_VERSION : '0.0.0-dev';
export const revision = typeof GODRIFT_REVISION === 'string' ? GODRIFT_REVISION : 'unknown';

/**
 * Returns the text of `--version`. The first line has the format of Prometheus and its exporters
 * (prometheus/common, version.Print), for tools that detect installed versions by it. There is no branch,
 * because builds of one commit are identical bytes.
 */
export const versionText = () =>
  [
    `godrift, version ${version} (revision: ${revision})`,
    `  node version:     ${process.version}`,
    `  platform:         ${process.platform}/${process.arch}`,
  ].join('\n');
