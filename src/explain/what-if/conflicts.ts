/**
 * Computes which conflicts a change causes and removes, with the rules of `check`, on worlds reconstructed
 * from a snapshot.
 */
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

/** Rules that need only data from a snapshot or from the change. The others need files of a host. */
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
/**
 * Rules outside {@link judgedRules} that read files of the project but not the Go tree, so their findings do
 * not depend on the go that runs.
 */
export const readsNoTree: ReadonlySet<ConflictRule> = new Set<ConflictRule>([
  'gomod-invalid',
  'goflags-vendor',
  'goflags-file-missing',
  'gowork-stray',
  'module-unavailable',
  'gosum-mismatch',
]);
/**
 * Rules whose findings may be intended: a pin of the project may ask for it, and no snapshot contains pins.
 */
const mayBeMeant: ReadonlySet<string> = new Set<ConflictRule>(['toolchain-held-back']);

/**
 * Makes `$HOME/x` and the like look absolute, as they are on the snapshot's host. Rules check nothing else
 * about them.
 */
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

/**
 * Returns the tools that Go built, from entries such as `v0.22.0 go1.21.13 h1:…`; Go's own programs have
 * their version only.
 */
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

/** The part that all worlds of a member share. */
interface Shared {
  readonly env: EnvFacts;
  readonly tools: readonly ToolFact[];
  readonly kind: 'go.mod' | 'go.work';
  readonly hasModule: boolean;
}

/** Returns a world in which the rules find what a check there would find. */
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

/** Conflicts by rule and key, whatever their summary. */
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

/**
 * Id of a conflict that is only possible: the go line of go.work may be lower than that of a module it uses,
 * which is in no snapshot.
 */
const belowModule = 'gomod-invalid of a module';

/**
 * Returns go's errors about the lines of a workspace after the change; the errors before are in no snapshot.
 * If another toolchain is needed, its absence stops go first.
 */
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
  // The line of go.work may be a representative value, so the message does not quote it.
  const below = told(`go.mod requires go >= ${goMod.go}, and go.work lists an older one`);
  if (isBelow) return new Map([['gomod-invalid modules.go_work', below]]);
  const isLowered = goWork.go !== undefined && mayBeBelowModules(open.go, lines.go);
  const lowered = `a module that go.work uses requires more than go ${lines.go || workWithoutGoLine}`;
  return new Map(isLowered ? [[belowModule, told(lowered)]] : []);
}

/** Returns a key of everything that rules can see of a world beyond the shared part. */
const classOf = (selection: Selection, local: string, go: string) =>
  JSON.stringify([selection.outcome, selection.effective, selection.tooOldFor, selection.cause, local, go]);

/** The conflicts of one world before and after the change. */
interface Turn {
  readonly before: Found;
  readonly after: Found;
}

const byId = (sets: readonly Found[]): Found => new Map(sets.flatMap((set) => [...set]));

/** Splits conflicts into certain and possible ones. A conflict that a pin may intend is never certain. */
function split(found: Found, isCertain: (id: string) => boolean): ConflictChange {
  const sure = ([id, { rule }]: [string, WhatIfConflict]) =>
    !mayBeMeant.has(rule) && id !== belowModule && isCertain(id);
  return {
    certain: [...found].filter(sure).map(([, conflict]) => conflict),
    possible: [...found].filter((one) => !sure(one)).map(([, conflict]) => conflict),
  };
}

/**
 * Returns the conflicts that appear and disappear. A conflict certainly appears if it exists after the change
 * in every world but did not exist before in all of them; the same holds in reverse for one that disappears.
 */
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

/** Most kinds of worlds to evaluate; with more, nothing is certain anyway. */
const mostKinds = 400;

/** Returns one world of each kind; worlds are of one kind if the rules see no difference. */
export function kindsOf(worlds: readonly PossibleWorld[], { go }: Changes): readonly PossibleWorld[] {
  const kinds = new Map<string, PossibleWorld>();
  for (const world of worlds) {
    const { open, before, after, lines } = world;
    const id = `${classOf(before, open.local, open.go)} ${classOf(after, go ?? open.local, lines.go)}`;
    if (!kinds.has(id) && kinds.size < mostKinds) kinds.set(id, world);
  }
  return [...kinds.values()];
}

/**
 * Returns the conflicts that appear and disappear with a change, over all kinds of possible worlds of a
 * member.
 */
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
