/** Computes the effect of a change on one member of a fleet, from its snapshot alone. */
import type { Entries } from '../../drift/snapshot.ts';
import type { Selection } from '../../go/select.ts';
import { compareGoVersions, languageVersion, toolchainToVersion } from '../../go/version.ts';
import type { Changes } from './changes.ts';
import { conflictChanges, kindsOf } from './conflicts.ts';
import { type Evidence, evidenceOf, type HostEvidence } from './evidence.ts';
import type { WhatIfException, WhatIfMember, WhatIfPool, WhatIfVerdict } from './model.ts';
import { namedVersions, type Open, openWords, type PossibleWorld, possibleWorlds } from './possible.ts';
import { unseenBy, unseenFile } from './unseen.ts';

/** A snapshot of a member. */
export interface Sighting {
  readonly name: string;
  readonly pool: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly entries: Entries;
  readonly lines?: Evidence['lines'] | undefined;
  readonly host?: HostEvidence | undefined;
}

function verdictOf(selection: Selection, named: ReadonlySet<string>): WhatIfVerdict {
  const { outcome, effective, tooOldFor } = selection;
  return {
    outcome,
    // A representative version for an unknown line is not a real version.
    ...(named.has(effective) ? { version: effective } : {}),
    ...(tooOldFor === undefined ? {} : { refuses_module: true as const }),
  };
}

/** Outcomes in which a Go builds. */
const builds: ReadonlySet<string> = new Set(['local', 'path', 'cached', 'download']);

const idOf = (verdict: WhatIfVerdict) => JSON.stringify(verdict);

/** Returns, in words, the unknowns that decide: their values lead to different verdicts. */
function decisive(
  worlds: readonly PossibleWorld[],
  verdicts: readonly string[],
  changes: Changes,
): readonly string[] {
  const settled: readonly (keyof Open)[] =
    changes.go === undefined ? ['treeThen'] : ['local', 'tree', 'placeBefore'];
  const names = (Object.keys(openWords) as (keyof Open)[]).filter((name) => !settled.includes(name));
  return names
    .filter((name) => {
      const byValue = new Map<string, Set<string>>();
      for (const [index, { open }] of worlds.entries()) {
        const value = String(open[name]);
        byValue.set(value, (byValue.get(value) ?? new Set()).add(verdicts[index] as string));
      }
      const sets = new Set([...byValue.values()].map((set) => [...set].sort().join()));
      return sets.size > 1;
    })
    .map((name) => openWords[name]);
}

/** Reports whether the toolchain line asks for a newer Go than the started one but has no effect. */
const isHeldBack = ({ open: { toolchain, local }, before: { outcome } }: PossibleWorld) => {
  const asked = toolchainToVersion(toolchain);
  return outcome === 'local' && asked !== '' && compareGoVersions(asked, local) > 0;
};

/**
 * Returns the rare condition of a world, in words; undefined for a usual world. Rare conditions are reported
 * separately, because otherwise they would make every answer uncertain.
 */
function rarity(world: PossibleWorld, changes: Changes): string | undefined {
  const { open, before } = world;
  const { toolchain, tree, treeThen } = open;
  if (toolchain === 'default' && changes.goMod.toolchain === undefined)
    return 'the project says `toolchain default`';
  const after = changes.go === undefined ? tree : treeThen;
  if (isHeldBack(world)) return 'the toolchain line asks for more than the go that builds there now';
  if (before.tooOldFor !== undefined) return 'the go line asks for more than the go that builds there now';
  return after === 'local, GOSUMDB=off' ? 'go.env of the tree says GOSUMDB=off' : undefined;
}

/** Returns the results under rare conditions, as far as they differ from the usual ones. */
function exceptions(
  worlds: readonly PossibleWorld[],
  usual: ReadonlySet<string>,
  named: ReadonlySet<string>,
  changes: Changes,
): readonly WhatIfException[] {
  const found = new Map<string, WhatIfException>();
  for (const world of worlds) {
    const when = rarity(world, changes);
    const verdict = verdictOf(world.after, named);
    if (when !== undefined && !usual.has(idOf(verdict)))
      found.set(`${when} ${idOf(verdict)}`, { when, ...verdict });
  }
  return [...found.values()];
}

/** The part of the answer that depends only on the evidence about the toolchain choice. */
interface Choice extends Pick<WhatIfMember, 'after' | 'unless' | 'unknown'> {
  /** One world of each kind, for the conflict rules. */
  readonly kinds: readonly PossibleWorld[];
}

/** Caches the choice by evidence, because most members of a fleet have the same. */
export type Memo = Map<string, Choice>;

/** Returns the choice if nothing is known, with the reason. */
function noChoice({ version, outcome }: Evidence): Choice {
  const unknown =
    outcome === undefined
      ? 'its toolchain: the snapshot holds none'
      : version === ''
        ? 'which toolchain it wants: go gives up there'
        : 'how its toolchain came to be chosen: the entries do not lead to the one that is recorded';
  return { after: [], unless: [], unknown: [unknown], kinds: [] };
}

function choiceOf(evidence: Evidence, changes: Changes): Choice {
  const unseen = unseenFile(evidence, changes);
  if (unseen !== undefined) return { after: [], unless: [], unknown: [unseen], kinds: [] };
  const worlds = possibleWorlds(evidence, changes);
  if (worlds.length === 0) return noChoice(evidence);
  const named = namedVersions(evidence, changes);
  const common = worlds.filter((world) => rarity(world, changes) === undefined);
  const usual = common.length === 0 ? worlds : common;
  const verdicts = usual.map(({ after }) => verdictOf(after, named));
  const ids = verdicts.map(idOf);
  const distinct = [...new Map(verdicts.map((verdict) => [idOf(verdict), verdict])).values()];
  return {
    after: distinct,
    unless: exceptions(worlds, new Set(ids), named, changes),
    unknown: [
      ...(distinct.length < 2 ? [] : decisive(usual, ids, changes)),
      ...(distinct.some(({ outcome: then, version: of }) => of === undefined && builds.has(then))
        ? ['the version, which no entry names']
        : []),
      ...unseenBy(evidence, changes),
    ],
    kinds: kindsOf(usual, changes),
  };
}

/** Returns the answer for one member. */
export function whatIfMember(sighting: Sighting, changes: Changes, memo: Memo = new Map()): WhatIfMember {
  const { name, pool, time, entries } = sighting;
  const evidence = evidenceOf(entries, sighting);
  const key = JSON.stringify(evidence);
  const choice = memo.get(key) ?? choiceOf(evidence, changes);
  memo.set(key, choice);
  const { kinds, ...answer } = choice;
  const { outcome, version } = evidence;
  return {
    name,
    pool,
    time: new Date(time).toISOString(),
    ...(outcome === undefined ? {} : { before: { outcome, ...(version === '' ? {} : { version }) } }),
    ...answer,
    ...conflictChanges(entries, changes, kinds),
  };
}

/**
 * Returns the minor release that a member builds with after the change, `1.27`; undefined if not known, `''`
 * if builds fail.
 */
function lineAfter({ after }: WhatIfMember): string | undefined {
  const lines = new Set(
    after.map(({ version, refuses_module: refuses, outcome }) =>
      refuses === true || ['forbidden', 'invalid', 'not-found'].includes(outcome)
        ? ''
        : version === undefined
          ? undefined
          : languageVersion(version),
    ),
  );
  return lines.size === 1 ? [...lines][0] : undefined;
}

/** Returns the most frequent value; undefined if there is none, or if two are equally frequent. */
function most(lines: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const line of lines) if (line) counts.set(line, (counts.get(line) ?? 0) + 1);
  const [first, second] = [...counts].sort(([, a], [, b]) => b - a);
  return first === undefined || first[1] === second?.[1] ? undefined : first[0];
}

/**
 * Compares the members with the minor release of their pool. A member leaves it if it was on the pool's
 * release before and is not on the pool's new one.
 */
export function withPools(members: readonly WhatIfMember[]): {
  readonly members: readonly WhatIfMember[];
  readonly pools: readonly WhatIfPool[];
} {
  const byPool = groupBy(members);
  const leaving = new Map<WhatIfMember, boolean>();
  const pools = [...byPool].map(([pool, own]): WhatIfPool => {
    const lineOf = ({ before }: WhatIfMember) => languageVersion(before?.version ?? '');
    const [before, after] = [most(own.map(lineOf)), most(own.map(lineAfter))];
    for (const member of own) {
      const then = lineAfter(member);
      if (before !== undefined && after !== undefined && then !== undefined)
        leaving.set(member, lineOf(member) === before && then !== after);
    }
    return {
      pool,
      members: own.length,
      ...(before === undefined ? {} : { line_before: before }),
      ...(after === undefined ? {} : { line_after: after }),
      leave: own.filter((member) => leaving.get(member) === true).map(({ name }) => name),
    };
  });
  return {
    members: members.map((member) => {
      const leaves = leaving.get(member);
      return leaves === undefined ? member : { ...member, leaves_line: leaves };
    }),
    pools,
  };
}

function groupBy(members: readonly WhatIfMember[]): Map<string, WhatIfMember[]> {
  const groups = new Map<string, WhatIfMember[]>();
  for (const member of members) {
    const group = groups.get(member.pool);
    if (group === undefined) groups.set(member.pool, [member]);
    else group.push(member);
  }
  return groups;
}
