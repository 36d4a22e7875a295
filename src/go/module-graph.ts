/**
 * The module graph and minimal version selection, from go.mod files that are at hand: cmd/go/internal/modload/buildlist.go
 * (readModGraph), modfile.go (goModSummary, Replacement) and cmd/go/internal/mvs. It says what go selects where go may not be asked, whether
 * every go.mod that go would read is there, and what an untidy go.mod would come to.
 */
import type { ExcludeDirective, GoMod, ReplaceDirective } from './gomod.ts';
import { compareModuleVersions } from './semver.ts';
import { compareGoVersions } from './version.ts';

/** A module at a version; without version the main module of that path. */
export interface ModuleVersion {
  readonly path: string;
  readonly version: string;
}

/** What a module is replaced by, and the directory that a relative path starts from. */
export interface ReplacedBy {
  readonly path: string;
  readonly version?: string;
  /** Directory of the file with the replacement, as given in {@link MainModule}. */
  readonly base: string;
  readonly line: number;
}

/** A main module: its go.mod and where it lies. */
export interface MainModule {
  readonly mod: Pick<GoMod, 'module' | 'go' | 'require' | 'replace' | 'exclude'>;
  readonly directory: string;
}

/** What the graph starts from. */
export interface GraphInput {
  readonly mains: readonly MainModule[];
  /** Set in workspace mode. */
  readonly work?: { readonly replace: readonly ReplaceDirective[]; readonly directory: string };
  /**
   * Requirements and go version of the go.mod of a module (of its replacement, when it has one); undefined when it is not at hand.
   */
  readonly modOf: (
    module: ModuleVersion,
    replacement: ReplacedBy | undefined,
  ) => { readonly require: readonly Requirement[]; readonly go?: string } | undefined;
}

/** A requirement of a go.mod; the module that has it imports packages of it itself unless it is `indirect`. */
export type Requirement = ExcludeDirective & { readonly indirect?: boolean };

/** The graph as far as it could be read. */
export interface ModuleGraph {
  /** Path → selected version, `''` for main modules. */
  readonly selected: ReadonlyMap<string, string>;
  /** Modules whose go.mod was read. */
  readonly read: readonly ModuleVersion[];
  /** Modules whose go.mod go would read and which is not at hand: without it the list may be too short. */
  readonly missing: readonly ModuleVersion[];
  /** Requirements of a module whose go.mod was read; none of any other. */
  readonly requirementsOf: (module: ModuleVersion) => readonly Requirement[];
}

/** Since go 1.17 a go.mod lists what the build needs, so that the graph can be pruned (modload.pruningForGoVersion). */
export function prunes(goLine: string | undefined): boolean {
  return compareGoVersions(goLine ?? '1.16', '1.17') >= 0;
}

/** The replacement in force of a module; go.work beats go.mod, an exact version beats all versions. */
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

/** Walks the graph. */
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

  /** Requirements of a main module, or of a go.mod that is at hand; notes what is required. */
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

  /** What {@link summary} found of a module before. */
  requirementsOf(module: ModuleVersion): readonly Requirement[] {
    return this.summaries.get(keyOf(module))?.require ?? [];
  }

  private select({ path, version }: ModuleVersion): void {
    const known = this.selected.get(path);
    // A main module is above all versions of its path.
    if (known === '') return;
    if (known === undefined || compareModuleVersions(known, version) < 0) this.selected.set(path, version);
  }

  /** Reads what hangs on a module, iteratively: a hostile graph must not exhaust the stack. */
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
   * In workspace mode go reads dependencies of main modules anew where another version was selected than they require: their own
   * requirements no longer say what they import.
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

/** Reads the graph and selects. */
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
