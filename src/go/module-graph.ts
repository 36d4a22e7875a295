/**
 * Builds the module graph and performs minimal version selection from the go.mod files at hand:
 * cmd/go/internal/modload/buildlist.go (readModGraph), modfile.go (goModSummary, Replacement) and
 * cmd/go/internal/mvs. The result tells what go selects where go itself may not be run, whether every go.mod
 * that go would read is present, and what an untidy go.mod leads to.
 */
import type { ExcludeDirective, GoMod, ReplaceDirective } from './gomod.ts';
import { compareModuleVersions } from './semver.ts';
import { compareGoVersions } from './version.ts';

/** A module at a version; an empty version means the main module of that path. */
export interface ModuleVersion {
  readonly path: string;
  readonly version: string;
}

/** The replacement of a module, and the directory to which a relative path refers. */
export interface ReplacedBy {
  readonly path: string;
  readonly version?: string;
  /** Directory of the file that declares the replacement, as given in {@link MainModule}. */
  readonly base: string;
  readonly line: number;
}

/** A main module: its go.mod and its directory. */
export interface MainModule {
  readonly mod: Pick<GoMod, 'module' | 'go' | 'require' | 'replace' | 'exclude'>;
  readonly directory: string;
}

/** The inputs of {@link readModuleGraph}. */
export interface GraphInput {
  readonly mains: readonly MainModule[];
  /** Set in workspace mode. */
  readonly work?: { readonly replace: readonly ReplaceDirective[]; readonly directory: string };
  /**
   * Returns requirements and go version from the go.mod of a module, or of its replacement; undefined if the
   * file is missing.
   */
  readonly modOf: (
    module: ModuleVersion,
    replacement: ReplacedBy | undefined,
  ) => { readonly require: readonly Requirement[]; readonly go?: string } | undefined;
}

/**
 * A requirement in a go.mod. Unless it is `indirect`, the requiring module imports packages of the required
 * one.
 */
export type Requirement = ExcludeDirective & { readonly indirect?: boolean };

/** The module graph, as far as its go.mod files are present. */
export interface ModuleGraph {
  /** Selected version by path, `''` for main modules. */
  readonly selected: ReadonlyMap<string, string>;
  /** Modules whose go.mod was read. */
  readonly read: readonly ModuleVersion[];
  /** Modules whose go.mod is missing although go would read it: the list may be incomplete. */
  readonly missing: readonly ModuleVersion[];
  /** Returns the requirements of a module whose go.mod was read, an empty list for any other module. */
  readonly requirementsOf: (module: ModuleVersion) => readonly Requirement[];
}

/**
 * Reports whether a go.mod with this go line supports graph pruning: since go 1.17 it lists all modules that
 * the build needs (modload.pruningForGoVersion).
 */
export function prunes(goLine: string | undefined): boolean {
  return compareGoVersions(goLine ?? '1.16', '1.17') >= 0;
}

/**
 * Returns a function that looks up the replacement of a module. go.work overrides go.mod, and a replacement
 * of one version that of all versions.
 */
export function replacementOf(
  input: Pick<GraphInput, 'mains' | 'work'>,
): (module: ModuleVersion) => ReplacedBy | undefined {
  const tables = [
    ...(input.work === undefined ? [] : [{ replace: input.work.replace, base: input.work.directory }]),
    ...input.mains.map(({ mod, directory }) => ({ replace: mod.replace, base: directory })),
  ].map(
    ({ replace, base }) =>
      new Map(replace.map((one) => [`${one.path} ${one.version ?? ''}`, { ...one, base }])),
  );
  const mainPaths = new Set(input.mains.map(({ mod }) => mod.module?.path ?? ''));
  return ({ path, version }) => {
    if (version === '' && mainPaths.has(path)) return undefined;
    for (const table of tables) {
      const found = table.get(`${path} ${version}`) ?? table.get(`${path} `);
      if (found !== undefined)
        return {
          path: found.newPath,
          ...(found.newVersion === undefined ? {} : { version: found.newVersion }),
          base: found.base,
          line: found.line,
        };
    }
    return undefined;
  };
}

type Pruning = 'pruned' | 'unpruned' | 'workspace';

interface Summary {
  readonly require: readonly Requirement[];
  readonly pruning: 'pruned' | 'unpruned';
}

const keyOf = ({ path, version }: ModuleVersion): string => `${path} ${version}`;

/** A traversal of the graph, with the modules selected, read and missing so far. */
class Walk {
  readonly selected = new Map<string, string>();
  readonly read: ModuleVersion[] = [];
  readonly missing: ModuleVersion[] = [];
  private readonly summaries = new Map<string, Summary | undefined>();
  private readonly seen = new Set<string>();
  private readonly excluded: ReadonlySet<string>;
  private readonly replacement: (module: ModuleVersion) => ReplacedBy | undefined;
  private readonly mains: ReadonlyMap<string, MainModule>;

  private readonly input: GraphInput;

  constructor(input: GraphInput) {
    this.input = input;
    this.mains = new Map(input.mains.map((main) => [main.mod.module?.path ?? '', main]));
    this.excluded = new Set(input.mains.flatMap(({ mod }) => mod.exclude.map(keyOf)));
    this.replacement = replacementOf(input);
    for (const path of this.mains.keys()) this.selected.set(path, '');
  }

  private kept(require: readonly Requirement[]): readonly Requirement[] {
    return this.excluded.size === 0 ? require : require.filter((one) => !this.excluded.has(keyOf(one)));
  }

  /**
   * Returns the requirements of a module and selects the required versions; undefined if its go.mod is
   * missing.
   */
  summary(module: ModuleVersion): Summary | undefined {
    const key = keyOf(module);
    if (this.summaries.has(key)) return this.summaries.get(key);
    const main = module.version === '' ? this.mains.get(module.path) : undefined;
    const mod =
      main === undefined
        ? this.input.modOf(module, this.replacement(module))
        : { require: main.mod.require, ...(main.mod.go === undefined ? {} : { go: main.mod.go.version }) };
    if (main === undefined) (mod === undefined ? this.missing : this.read).push(module);
    const summary: Summary | undefined =
      mod === undefined
        ? undefined
        : { require: this.kept(mod.require), pruning: prunes(mod.go) ? 'pruned' : 'unpruned' };
    this.summaries.set(key, summary);
    for (const one of summary?.require ?? []) this.select(one);
    return summary;
  }

  /** Returns the requirements that {@link summary} found for a module. */
  requirementsOf(module: ModuleVersion): readonly Requirement[] {
    return this.summaries.get(keyOf(module))?.require ?? [];
  }

  private select({ path, version }: ModuleVersion): void {
    const known = this.selected.get(path);
    // A main module takes precedence over all versions of its path.
    if (known === '') return;
    if (known === undefined || compareModuleVersions(known, version) < 0) this.selected.set(path, version);
  }

  /** Traverses the graph from a module. Iterative, so that a malicious graph cannot exhaust the stack. */
  enqueue(start: ModuleVersion, startPruning: Pruning): void {
    const pending: { module: ModuleVersion; pruning: Pruning }[] = [{ module: start, pruning: startPruning }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { module, pruning } = next;
      const key = `${keyOf(module)} ${pruning}`;
      if (this.seen.has(key)) continue;
      this.seen.add(key);
      const summary = this.summary(module);
      if (summary === undefined) continue;
      const below = pruning === 'unpruned' ? 'unpruned' : summary.pruning;
      if (pruning === 'pruned' && summary.pruning !== 'unpruned') continue;
      for (const one of summary.require) pending.push({ module: one, pruning: below });
    }
  }

  /**
   * Reloads dependencies of the main modules whose selected version is newer than the required one, as go
   * does in workspace mode: the pruned requirements of the main modules no longer cover what those versions
   * import.
   */
  settleWorkspace(): void {
    const deep = new Set(this.mains.keys());
    const settled = new Set<string>();
    for (;;) {
      const needed = new Map<string, ModuleVersion>();
      for (const path of deep) {
        const module = { path, version: this.selected.get(path) ?? '' };
        if (!settled.has(keyOf(module))) {
          needed.set(keyOf(module), module);
          continue;
        }
        for (const one of this.summaries.get(keyOf(module))?.require ?? []) {
          const chosen = { path: one.path, version: this.selected.get(one.path) ?? '' };
          const raised = compareModuleVersions(chosen.version, one.version) > 0;
          if (raised && !settled.has(keyOf(chosen))) needed.set(keyOf(chosen), chosen);
        }
      }
      if (needed.size === 0) return;
      for (const [key, module] of needed) {
        this.enqueue(module, 'workspace');
        settled.add(key);
        deep.add(module.path);
      }
    }
  }
}

/** Reads the module graph and selects the version of each module. */
export function readModuleGraph(input: GraphInput): ModuleGraph {
  const walk = new Walk(input);
  if (input.work !== undefined) {
    for (const { mod } of input.mains)
      walk.enqueue({ path: mod.module?.path ?? '', version: '' }, 'workspace');
    walk.settleWorkspace();
  } else {
    for (const main of input.mains) {
      const pruning = prunes(main.mod.go?.version) ? 'pruned' : 'unpruned';
      const roots = walk.summary({ path: main.mod.module?.path ?? '', version: '' })?.require ?? [];
      for (const root of roots) walk.enqueue(root, pruning);
    }
  }
  return {
    selected: walk.selected,
    read: walk.read,
    missing: walk.missing,
    requirementsOf: (module) => walk.requirementsOf(module),
  };
}
