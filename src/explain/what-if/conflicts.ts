/** Which conflicts a change brings and takes away, by the rules of `check` themselves, on worlds that are made of a snapshot. */
import { type ConflictRule, ruleRow } from '../../catalog/rules.ts';
import { knownTool } from '../../catalog/tools.ts';
import { conflictRuleTable } from '../../drift/conflicts/index.ts';
import { findingsOf, type World } from '../../drift/conflicts/rule.ts';
import type { ToolFact } from '../../drift/facets/tools.ts';
import type { EnvFacts, VariableFact } from '../../drift/model.ts';
import { isSecretKey } from '../../drift/secret-entries.ts';
import { isShippedKey } from '../../drift/shipped-entries.ts';
import type { Entries } from '../../drift/snapshot.ts';
import { parseGoMod } from '../../go/gomod.ts';
import { parseGoWork } from '../../go/gowork.ts';
import { workProblems, workWithoutGoLine } from '../../go/project-problems.ts';
import type { Selection } from '../../go/select.ts';
import type { Changes } from './changes.ts';
import type { ConflictChange, WhatIfConflict } from './model.ts';
import type { PossibleWorld } from './possible.ts';
import { mayBeBelowModules } from './unseen.ts';

/** Rules that look at nothing but what a snapshot holds, or a change says. The others need the files of a host. */
export const judgedRules: ReadonlySet<ConflictRule> = new Set<ConflictRule>([
  'toolchain-too-old',
  'toolchain-held-back',
  'toolchain-not-installed',
  'toolchain-download-pending',
  'sumdb-blocks-switch',
  'env-invalid',
  'goflags-rewrites-gomod',
  'goflags-unknown',
  'modules-off',
  'sumdb-disabled',
  'tool-behind',
]);
/** Rules beside {@link judgedRules} that read files of the project and none of the Go tree: their findings are the same whichever go runs. */
export const readsNoTree: ReadonlySet<ConflictRule> = new Set<ConflictRule>([
  'gomod-invalid',
  'goflags-vendor',
  'goflags-file-missing',
  'gowork-stray',
  'module-unavailable',
  'gosum-mismatch',
]);
/** Rules whose findings may be intended: a pin of the project says so, and no snapshot holds it. */
const mayBeMeant: ReadonlySet<string> = new Set<ConflictRule>(['toolchain-held-back']);

/** A value in which `$HOME/x` and its like look absolute, as they are on the host of the snapshot: rules ask no more of them. */
const absolute = (value: string) =>
  value.replaceAll(/(^|:)\$(WORKSPACE|GOROOT|GOPATH|HOME)(?=\/|:|$)/g, '$1/$2');

function variablesOf(entries: Entries, changes: Changes | undefined): ReadonlyMap<string, VariableFact> {
  const facts = new Map<string, VariableFact>();
  const put = (name: string, value: string) =>
    facts.set(name, { name, value: absolute(value), origin: { kind: 'process' }, shadows: [] });
  for (const [key, value] of entries)
    if (key.startsWith('env.') && !isSecretKey(key) && !isShippedKey(key)) put(key.slice(4), value);
  for (const [name, value] of changes?.variables ?? []) {
    if (value === '') facts.delete(name);
    else put(name, value);
  }
  return facts;
}

function envOf(entries: Entries, changes: Changes | undefined): EnvFacts {
  const variables = variablesOf(entries, changes);
  return {
    goenv: { path: '', state: 'off', lines: [], ignored: [] },
    variables,
    present: new Set(variables.keys()),
  };
}

/** The tools that Go built; `v0.22.0 go1.21.13 h1:…`, and of Go's own programs their version alone. */
function toolsOf(entries: Entries): readonly ToolFact[] {
  return [...entries].flatMap(([key, value]): ToolFact[] => {
    if (!key.startsWith('tools.') || key === 'tools.cc' || key === 'tools.cxx' || key === 'tools.unsettled')
      return [];
    const name = key.slice('tools.'.length);
    const [version = '', ...words] = value.split(' ');
    const own = /^\d/.test(version);
    const goVersion = own ? version : words.find((word) => /^go\d/.test(word))?.slice(2);
    return [
      {
        name,
        path: name,
        realPath: name,
        version,
        ...(goVersion === undefined ? {} : { goVersion }),
        ...(own ? { packagePath: `cmd/${name}` } : {}),
        loadsSource: knownTool(name)?.loadsSource === true,
        shadowed: [],
      },
    ];
  });
}

/** What is the same in all worlds of a member. */
interface Shared {
  readonly env: EnvFacts;
  readonly tools: readonly ToolFact[];
  readonly kind: 'go.mod' | 'go.work';
  readonly hasModule: boolean;
}

/** A world in which the rules find what a check there would. */
function worldOf(shared: Shared, selection: Selection, local: string, lines: PossibleWorld['lines']): World {
  const { env, tools, kind, hasModule } = shared;
  const builds = selection.effective || local;
  return {
    workspace: '',
    env,
    tools: { tools, pins: [], problems: [], ...(lines.go === '' ? {} : { needs: lines.go }) },
    toolchain: {
      candidates: [{ path: 'go', realPath: 'go', version: local }],
      relativeEntries: [],
      linkedOut: [],
      local: {
        path: 'go',
        realPath: 'go',
        version: builds,
        ownGoroot: '',
        goroot: '',
        gorootOrigin: { kind: 'default' },
        gorootParts: { exists: true, pkgTool: true, src: true },
        programs: [],
        refused: [],
      },
      selection,
      project: {
        kind,
        path: kind,
        ...(lines.go === '' ? {} : { go: lines.go }),
        ...(lines.toolchain === '' ? {} : { toolchain: lines.toolchain }),
      },
      hasModule,
      knowledge: {},
      installed: [],
      untrusted: new Map(),
    },
  };
}

/** Conflicts by what they are, whatever their words. */
type Found = ReadonlyMap<string, WhatIfConflict>;

function conflictsIn(world: World): Found {
  const found = new Map<string, WhatIfConflict>();
  for (const [name, rule] of conflictRuleTable) {
    if (!judgedRules.has(name)) continue;
    for (const { level, key, summary } of findingsOf(name, rule(world)))
      found.set(`${name} ${key}`, { rule: name, level, key, summary });
  }
  return found;
}

/** The id of a conflict that is only possible: go.work may ask for less than a module that it uses, whose go line is in no snapshot. */
const belowModule = 'gomod-invalid of a module';

/** What go says of the lines of a workspace after the change; what it said before is in no snapshot. Where another toolchain is needed, its absence is what stops go. */
function workspaceConflicts(kind: Shared['kind'], { goMod, goWork }: Changes, world: PossibleWorld): Found {
  const { open, after, lines } = world;
  if (kind !== 'go.work' || after.tooOldFor !== undefined) return new Map();
  const told = (text: string): WhatIfConflict => ({
    rule: 'gomod-invalid',
    level: ruleRow('gomod-invalid').level,
    key: 'modules.go_work',
    summary: `every go command that loads the module fails: ${text}`,
  });
  const written = (go: string) => Buffer.from(go === '' ? '' : `go ${go}\n`);
  const mod = parseGoMod(written(goMod.go ?? ''));
  const used = { use: 'that is changed', line: 0, directory: '', mod };
  const isBelow = workProblems(parseGoWork(written(lines.go)), [used]).length > 0;
  // The line of go.work may be a guess that stands for many: it is not quoted.
  const below = told(`go.mod requires go >= ${goMod.go}, and go.work lists an older one`);
  if (isBelow) return new Map([['gomod-invalid modules.go_work', below]]);
  const isLowered = goWork.go !== undefined && mayBeBelowModules(open.go, lines.go);
  const lowered = `a module that go.work uses requires more than go ${lines.go || workWithoutGoLine}`;
  return new Map(isLowered ? [[belowModule, told(lowered)]] : []);
}

/** What rules can see of a world beyond what all worlds of a member share, as a key. */
const classOf = (selection: Selection, local: string, go: string) =>
  JSON.stringify([selection.outcome, selection.effective, selection.tooOldFor, selection.cause, local, go]);

/** One world before and after. */
interface Turn {
  readonly before: Found;
  readonly after: Found;
}

const byId = (sets: readonly Found[]): Found => new Map(sets.flatMap((set) => [...set]));

/** Splits conflicts into those of which it is certain and the rest; one that a pin may mean is never certain. */
function split(found: Found, isCertain: (id: string) => boolean): ConflictChange {
  const sure = ([id, { rule }]: [string, WhatIfConflict]) =>
    !mayBeMeant.has(rule) && id !== belowModule && isCertain(id);
  return {
    certain: [...found].filter(sure).map(([, conflict]) => conflict),
    possible: [...found].filter((one) => !sure(one)).map(([, conflict]) => conflict),
  };
}

/** What holds then in every world and did not in each of them comes for certain; what goes is found the same way, backwards. */
function settled(turns: readonly Turn[]): { readonly appear: ConflictChange; readonly go: ConflictChange } {
  const inAll = (side: keyof Turn, id: string) => turns.every((turn) => turn[side].has(id));
  const inNone = (side: keyof Turn, id: string) => !turns.some((turn) => turn[side].has(id));
  const come = byId(turns.map(({ before, after }) => new Map([...after].filter(([id]) => !before.has(id)))));
  const gone = byId(turns.map(({ before, after }) => new Map([...before].filter(([id]) => !after.has(id)))));
  return {
    appear: split(come, (id) => inAll('after', id)),
    go: split(gone, (id) => inNone('after', id) && inAll('before', id)),
  };
}

/** Kinds of worlds that are judged; with more nothing is certain anyway. */
const mostKinds = 400;

/** Worlds of which the rules see the same are one kind: the first of each. */
export function kindsOf(worlds: readonly PossibleWorld[], { go }: Changes): readonly PossibleWorld[] {
  const kinds = new Map<string, PossibleWorld>();
  for (const world of worlds) {
    const { open, before, after, lines } = world;
    const id = `${classOf(before, open.local, open.go)} ${classOf(after, go ?? open.local, lines.go)}`;
    if (!kinds.has(id) && kinds.size < mostKinds) kinds.set(id, world);
  }
  return [...kinds.values()];
}

/** The conflicts that come and go with a change, over all kinds of worlds in which a member may be. */
export function conflictChanges(
  entries: Entries,
  changes: Changes,
  worlds: readonly PossibleWorld[],
): { readonly appear: ConflictChange; readonly go: ConflictChange } {
  const kind = entries.has('modules.go_work') ? 'go.work' : 'go.mod';
  const hasModule = kind === 'go.work' || entries.has('modules.go_mod');
  const shared = { tools: toolsOf(entries), kind, hasModule } as const;
  const [then, now] = [
    { ...shared, env: envOf(entries, undefined) },
    { ...shared, env: envOf(entries, changes) },
  ];
  const judged = new Map<string, Found>();
  const judge = (
    side: string,
    one: Shared,
    selection: Selection,
    local: string,
    lines: PossibleWorld['lines'],
  ) => {
    const id = `${side} ${classOf(selection, local, lines.go)}`;
    const found = judged.get(id) ?? conflictsIn(worldOf(one, selection, local, lines));
    judged.set(id, found);
    return found;
  };
  const turns = worlds.map((world): Turn => {
    const { open, before, after, lines } = world;
    const found = judge('after', now, after, changes.go ?? open.local, lines);
    return {
      before: judge('before', then, before, open.local, open),
      after: new Map([...found, ...workspaceConflicts(kind, changes, world)]),
    };
  });
  return settled(turns);
}
