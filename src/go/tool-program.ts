/** What build information says about an installed tool: its name, its version and where that comes from. */
import type { BuildInfo } from './build-info.ts';
import { splitQuoted } from './goflags.ts';
import { versionFromRuntime } from './version.ts';

/** A Go program as a tool. */
export interface ToolProgram {
  /** Import path of its main package, `''` where it was built without modules. */
  readonly packagePath: string;
  /** `v1.2.3`, a pseudo-version, `(devel)` with a short revision where there is one; of Go's own programs Go's version. */
  readonly version: string;
  /** `h1:…` of its module, `''` for a local build. */
  readonly sum: string;
  /** Version of the Go that built it, without the `go` prefix. */
  readonly goVersion: string;
}

/** A program of Go's own distribution has no module and bears Go's version. */
export function isGoProgram(packagePath: string): boolean {
  return packagePath.startsWith('cmd/');
}

/** Takes from build information what identifies a tool. */
export function toolProgram(info: BuildInfo): ToolProgram {
  const goVersion = versionFromRuntime(info.goVersion).version;
  const base = { packagePath: info.path, goVersion, sum: info.main?.sum ?? '' };
  if (isGoProgram(info.path)) return { ...base, version: goVersion };
  return { ...base, version: moduleVersion(info) };
}

/** The version that Go recorded, else the one that the linker was told, else what the working copy was. */
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
 * The version in `-X main.version=v1.2.3`, by which releases that are built outside of module mode say theirs. Only what is a version
 * is taken: another value may be a secret.
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

/** The name of the program that `go install` makes of a package: the last element that is no major version (load.DefaultExecName). */
export function programName(packagePath: string): string {
  const elements = packagePath.split('/');
  const last = elements.at(-1) ?? '';
  return /^v[2-9]$|^v[1-9]\d+$/.test(last) && elements.length > 1 ? (elements.at(-2) as string) : last;
}
