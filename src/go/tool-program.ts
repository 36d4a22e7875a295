/** Identifies an installed tool by its build information: package, version and checksum. */
import type { BuildInfo } from './build-info.ts';
import { splitQuoted } from './goflags.ts';
import { versionFromRuntime } from './version.ts';

/** The identity of a Go program that is used as a tool. */
export interface ToolProgram {
  /** Import path of its main package, `''` if it was built without modules. */
  readonly packagePath: string;
  /**
   * `v1.2.3`, a pseudo-version, or `(devel)` with a short revision if known; for Go's own programs the
   * version of Go.
   */
  readonly version: string;
  /** The `h1:` sum of its module, `''` for a local build. */
  readonly sum: string;
  /** Version of the Go that built it, without the `go` prefix. */
  readonly goVersion: string;
}

/**
 * Reports whether a program is part of the Go distribution. Such a program has no module and carries Go's
 * version.
 */
export function isGoProgram(packagePath: string): boolean {
  return packagePath.startsWith('cmd/');
}

/** Extracts the identity of a tool from its build information. */
export function toolProgram(info: BuildInfo): ToolProgram {
  const goVersion = versionFromRuntime(info.goVersion).version;
  const base = { packagePath: info.path, goVersion, sum: info.main?.sum ?? '' };
  if (isGoProgram(info.path)) return { ...base, version: goVersion };
  return { ...base, version: moduleVersion(info) };
}

/**
 * Returns the version that Go recorded, else the one set by the linker, else `(devel)` with the VCS revision
 * if known.
 */
function moduleVersion(info: BuildInfo): string {
  const recorded = info.main?.version ?? '';
  if (recorded !== '' && recorded !== '(devel)') return recorded;
  const linked = linkedVersion(setting(info, '-ldflags'));
  if (linked !== undefined) return linked;
  const revision = /^[0-9a-f]{12}/.exec(setting(info, 'vcs.revision'))?.[0];
  if (revision === undefined) return '(devel)';
  return `(devel)-${revision}${setting(info, 'vcs.modified') === 'true' ? '+dirty' : ''}`;
}

function setting(info: BuildInfo, key: string): string {
  return info.settings.find((one) => one.key === key)?.value ?? '';
}

/**
 * Returns the version in `-X main.version=v1.2.3`, with which projects stamp releases that are built outside
 * module mode. Other values are ignored, since they may be secrets.
 */
function linkedVersion(ldflags: string): string | undefined {
  const split = splitQuoted(ldflags);
  if ('problem' in split) return undefined;
  for (const field of split.fields) {
    const found = /^(?:-X=)?[\w./-]+\.[vV]ersion=(v?\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(field);
    if (found !== null) return found[1]?.startsWith('v') === true ? found[1] : `v${found[1]}`;
  }
  return undefined;
}

/**
 * Returns the name of the program that `go install` builds from a package: the last path element that is no
 * major version (load.DefaultExecName).
 */
export function programName(packagePath: string): string {
  const elements = packagePath.split('/');
  const last = elements.at(-1) ?? '';
  return /^v[2-9]$|^v[1-9]\d+$/.test(last) && elements.length > 1 ? (elements.at(-2) as string) : last;
}
