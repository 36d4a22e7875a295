/**
 * Parses vendor/modules.txt and checks its consistency with go.mod and go.work, as the go command does
 * (cmd/go/internal/modload/vendor.go: readVendorList, checkVendorConsistency).
 */

import type { GoMod, ReplaceDirective } from './gomod.ts';
import type { GoWork } from './gowork.ts';
import { compareModuleVersions, isModuleVersion } from './semver.ts';
import { fieldsOf, trimSpace } from './space.ts';
import { compareGoVersions } from './version.ts';

/** The replacement of a module: a directory as written (without version), or another module. */
export interface Replacement {
  readonly path: string;
  readonly version?: string;
}

/** A module in modules.txt: its `# path version` line with annotations and packages. */
export interface VendoredModule {
  readonly path: string;
  /** `''` for a replacement of all versions. */
  readonly version: string;
  readonly explicit: boolean;
  readonly goVersion?: string;
  readonly replacement?: Replacement;
  /** Number of vendored packages; 0 for a module that is listed only because go.mod names it. */
  readonly packages: number;
}

/** A parsed modules.txt. */
export interface VendorModules {
  /** True if the first line is `## workspace`: `go work vendor` created the file. */
  readonly workspace: boolean;
  /** All modules, by `path version`. */
  readonly modules: ReadonlyMap<string, VendoredModule>;
  /** Modules with vendored packages, by path: the build list of a vendored build. */
  readonly selected: ReadonlyMap<string, VendoredModule>;
  /** Import paths of the vendored packages. */
  readonly packages: ReadonlySet<string>;
}

/** An empty modules.txt; go treats a missing file as an empty one. */
export const noVendorModules: VendorModules = {
  workspace: false,
  modules: new Map(),
  selected: new Map(),
  packages: new Set(),
};

/** Keeps a byte order mark: for Go it is part of the line. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

type Writable = { -readonly [K in keyof VendoredModule]: VendoredModule[K] };

/** Parses a `# ` line into module and replacement; undefined for a line that go ignores. */
function moduleLine(line: string): { path: string; version: string; replacement?: Replacement } | undefined {
  const [, path, third, ...rest] = fieldsOf(line);
  if (path === undefined || third === undefined) return undefined;
  const version = isModuleVersion(third) ? third : third === '=>' ? '' : undefined;
  if (version === undefined) return undefined;
  const [arrow, newPath, newVersion, extra] = version === '' ? ['=>', ...rest] : rest;
  if (arrow !== '=>' || newPath === undefined || extra !== undefined) return { path, version };
  if (newVersion === undefined) return { path, version, replacement: { path: newPath } };
  return isModuleVersion(newVersion)
    ? { path, version, replacement: { path: newPath, version: newVersion } }
    : { path, version };
}

/** Parses a modules.txt. Never throws; lines that go ignores are ignored. */
export function parseVendorModules(bytes: Uint8Array): VendorModules {
  const modules = new Map<string, Writable>();
  const selected = new Map<string, Writable>();
  const packages = new Set<string>();
  const lines = decoder.decode(bytes).split('\n');
  let current: Writable | undefined;
  for (const line of lines) {
    if (line.startsWith('# ')) {
      const fields = fieldsOf(line);
      // Too short for a module line: go continues with the previous module.
      if (fields.length < 3) continue;
      const read = moduleLine(line);
      current = read === undefined ? undefined : moduleAt(modules, read.path, read.version);
      if (current !== undefined && read?.replacement !== undefined) current.replacement = read.replacement;
    } else if (current !== undefined && line.startsWith('## ')) {
      annotate(current, line.slice(3));
    } else if (current !== undefined && isPackageLine(line)) {
      current.packages++;
      packages.add(trimSpace(line));
      const known = selected.get(current.path);
      if (known === undefined || compareModuleVersions(known.version, current.version) < 0)
        selected.set(current.path, current);
    }
  }
  const first = lines[0] ?? '';
  const workspace =
    first.startsWith('## ') &&
    first
      .slice(3)
      .split(';')
      .some((entry) => trimSpace(entry) === 'workspace');
  return { workspace, modules, selected, packages };
}

/**
 * Returns the directories with Go files that no package line names. `go mod vendor` copies only packages that
 * it lists (cmd/go/internal/modcmd/vendor.go), so such a directory means that the list was truncated; since
 * go 1.23 packages that are not listed cannot be imported (ExplicitModulesTxtImportVersion in
 * cmd/go/internal/gover). `goVersion` is that of go.work or go.mod. Directories that go never treats as
 * packages are left out, since they may hold embedded files.
 */
export function unlistedFolders(
  vendor: VendorModules,
  folders: readonly string[],
  goVersion: string,
): readonly string[] {
  if (compareGoVersions(goVersion, '1.23') < 0) return [];
  const noPackage = (folder: string) => /(^|\/)(?:[._]|testdata(?:\/|$))/.test(folder);
  return folders.filter((folder) => !vendor.packages.has(folder) && !noPackage(folder));
}

function moduleAt(modules: Map<string, Writable>, path: string, version: string): Writable {
  const key = `${path} ${version}`;
  const found = modules.get(key) ?? { path, version, explicit: false, packages: 0 };
  modules.set(key, found);
  return found;
}

function annotate(module: Writable, annotations: string): void {
  for (const entry of annotations.split(';').map(trimSpace)) {
    if (entry === 'explicit') module.explicit = true;
    if (entry.startsWith('go ')) module.goVersion = entry.slice(3);
  }
}

/** Reports whether a line may be an import path (a simplified module.CheckImportPath). */
function isPackageLine(line: string): boolean {
  return /^[-A-Za-z0-9._~/+]+$/.test(trimSpace(line));
}

/**
 * A main module for vendoring checks. `directory` is its path relative to go.work ('' without one), to which
 * relative replacements refer.
 */
export interface VendoringModule {
  readonly mod: GoMod;
  readonly directory: string;
}

/** One inconsistency: the module (`path` or `path@version`) and go's error text. */
export interface VendorProblem {
  readonly module: string;
  readonly text: string;
}

const name = (path: string, version?: string): string =>
  version === undefined || version === '' ? path : `${path}@${version}`;

/**
 * Returns every reason for which go reports "inconsistent vendoring", in go's order. `join` joins the
 * directory of a main module and a relative replacement as go writes it into modules.txt.
 */
export function vendorProblems(
  vendor: VendorModules,
  mains: readonly VendoringModule[],
  work: GoWork | undefined,
  join: (directory: string, relative: string) => string,
): readonly VendorProblem[] {
  const old = work === undefined && compareGoVersions(mains[0]?.mod.go?.version ?? '1.16', '1.14') < 0;
  return [
    ...mains.flatMap(({ mod }) => requireProblems(vendor, mod, old)),
    ...replaceProblems(vendor, mains, work, old, join),
    ...explicitProblems(vendor, mains, work !== undefined),
  ];
}

function requireProblems(vendor: VendorModules, mod: GoMod, old: boolean): readonly VendorProblem[] {
  return mod.require.flatMap(({ path, version }): readonly VendorProblem[] => {
    if (vendor.modules.get(`${path} ${version}`)?.explicit === true) return [];
    const module = name(path, version);
    if (!old)
      return [
        {
          module,
          text: 'is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt',
        },
      ];
    const other = vendor.selected.get(path);
    if (other === undefined || other.version === version) return [];
    return [
      {
        module,
        text: `is explicitly required in go.mod, but vendor/modules.txt indicates ${name(path, other.version)}`,
      },
    ];
  });
}

/** Returns all replacements, those of go.work first, since they take precedence. */
function replacements(
  mains: readonly VendoringModule[],
  work: GoWork | undefined,
  join: (directory: string, relative: string) => string,
): { readonly replace: ReplaceDirective; readonly target: Replacement; readonly source: string }[] {
  const target = (replace: ReplaceDirective, directory: string): Replacement => {
    if (replace.newVersion !== undefined) return { path: replace.newPath, version: replace.newVersion };
    const relative = !replace.newPath.startsWith('/') && directory !== '';
    return { path: relative ? join(directory, replace.newPath) : replace.newPath };
  };
  return [
    ...(work?.replace ?? []).map((replace) => ({ replace, target: target(replace, ''), source: 'go.work' })),
    ...mains.flatMap(({ mod, directory }) =>
      mod.replace.map((replace) => ({ replace, target: target(replace, directory), source: 'go.mod' })),
    ),
  ];
}

function replaceProblems(
  vendor: VendorModules,
  mains: readonly VendoringModule[],
  work: GoWork | undefined,
  old: boolean,
  join: (directory: string, relative: string) => string,
): readonly VendorProblem[] {
  const seen = new Set<string>();
  const problems: VendorProblem[] = [];
  const all = replacements(mains, work, join);
  for (const { replace, target, source } of all) {
    const key = `${replace.path} ${replace.version ?? ''}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const module = name(replace.path, replace.version);
    const marked = vendor.modules.get(key)?.replacement;
    if (marked === undefined) {
      const unused =
        replace.version === undefined || vendor.selected.get(replace.path)?.version !== replace.version;
      if (!(old && unused))
        problems.push({
          module,
          text: `is replaced in ${source}, but not marked as replaced in vendor/modules.txt`,
        });
    } else if (marked.path !== target.path || marked.version !== target.version) {
      problems.push({
        module,
        text: `is replaced by ${name(target.path, target.version)} in ${source}, but marked as replaced by ${name(marked.path, marked.version)} in vendor/modules.txt`,
      });
    }
  }
  for (const { path, version, replacement } of vendor.modules.values()) {
    const replaced = all.some(
      ({ replace }) =>
        replace.path === path && (replace.version === undefined || replace.version === version),
    );
    if (replacement !== undefined && !replaced)
      problems.push({
        module: name(path, version),
        text: 'is marked as replaced in vendor/modules.txt, but not replaced in go.mod',
      });
  }
  return problems;
}

function explicitProblems(
  vendor: VendorModules,
  mains: readonly VendoringModule[],
  workspace: boolean,
): readonly VendorProblem[] {
  const required = new Set(
    mains.flatMap(({ mod }) => mod.require.map(({ path, version }) => `${path} ${version}`)),
  );
  return [...vendor.selected.values()]
    .filter(({ explicit, path, version }) => explicit && !required.has(`${path} ${version}`))
    .map(({ path, version }) => ({
      module: name(path, version),
      text: `is marked as explicit in vendor/modules.txt, but not explicitly required in ${workspace ? 'a ' : ''}go.mod`,
    }));
}
