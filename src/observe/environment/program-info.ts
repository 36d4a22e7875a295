/** Reads the build information that Go embeds in a program. */

import { type BuildInfo, readBuildInfo } from '../../go/build-info.ts';
import type { Credentials } from '../../host/credentials.ts';
import { executableAt, type RootedPath, withReader } from '../../host/files.ts';
import { readCache, stampKey } from '../../host/lru.ts';

/**
 * The part of the build information that identifies a Go version. The rest is dropped: the module lists of
 * 500 programs would be a lot of memory.
 */
export interface GoProgramInfo {
  /** As the Go runtime reports it, such as `go1.26.3` or `devel go1.27-…`. */
  readonly goVersion: string;
  /** Import path of the main package; `''` if it was built without modules. */
  readonly path: string;
  readonly os: string | undefined;
  readonly arch: string | undefined;
}

const buildInfos = readCache<{ readonly info?: GoProgramInfo; readonly problem?: string }>(500);

/** Returns a copy, because a substring keeps the whole text in memory. */
const copyOf = (text: string) => Buffer.from(text).toString();

function programInfo({ goVersion, path: mainPackage, settings }: BuildInfo): GoProgramInfo {
  const setting = (name: string) => {
    const value = settings.find(({ key }) => key === name)?.value;
    return value === undefined ? undefined : copyOf(value);
  };
  return {
    goVersion: copyOf(goVersion),
    path: copyOf(mainPackage),
    os: setting('GOOS'),
    arch: setting('GOARCH'),
  };
}

/**
 * Problem of a `go` that is a script: version managers put one on PATH, and only running it would tell which
 * Go it starts.
 */
export const scriptProblem = 'is a script (the shim of a version manager?), which godrift does not run';

function isScript(readAt: (offset: number, length: number) => Uint8Array): boolean {
  const [hash, bang] = readAt(0, 2);
  return hash === 0x23 && bang === 0x21;
}

/** Returns the build information of an executable, cached by file stamp. */
export function buildInfoAt(
  rootedPath: RootedPath,
  who: Credentials,
): {
  readonly info?: GoProgramInfo;
  readonly problem?: string;
  readonly realPath?: string;
} {
  const found = executableAt(rootedPath, who);
  if (found === undefined) return { problem: 'is not an executable file' };
  const read = buildInfos.getOrMake(
    stampKey(found.realPath, found.stamp),
    () =>
      withReader(found.realPath, (readAt, size) => {
        if (isScript(readAt)) return { problem: scriptProblem };
        const result = readBuildInfo(readAt, size);
        return 'error' in result
          ? { problem: result.error.replaceAll('-', ' ') }
          : { info: programInfo(result) };
      }) ?? { problem: 'cannot be read' },
  );
  return { ...read, realPath: found.realPath };
}
