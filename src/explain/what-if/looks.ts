/**
 * What a change does to the workspace where one stands, from two looks at it: as it is, and as it would be. Both are judged by every rule of a check, so
 * that the answer is what a check says once the change is made.
 */
import { type Finding, factsOf, type Observation } from '../../drift/model.ts';
import type { TargetState } from '../../drift/state.ts';
import { judgedRules, readsNoTree } from './conflicts.ts';
import type { ConflictChange, WhatIfConflict, WhatIfMember, WhatIfVerdict } from './model.ts';

/** What one look found. */
export interface Look {
  readonly state: TargetState;
  readonly observation: Observation;
}

type Answer = Pick<WhatIfMember, 'before' | 'after' | 'unless' | 'unknown' | 'appear' | 'go'>;

/** What a go command does there; undefined where no go answers. */
function verdictOfLook({ observation }: Look): WhatIfVerdict | undefined {
  const selection = factsOf(observation, 'toolchain')?.selection;
  if (selection === undefined) return undefined;
  const { outcome, effective, tooOldFor } = selection;
  return {
    outcome,
    ...(effective === '' ? {} : { version: effective }),
    ...(tooOldFor === undefined ? {} : { refuses_module: true as const }),
  };
}

/** Conflicts that count. Waived ones are left out: a change does not end a waiver. */
const conflictsOf = ({ state }: Look): readonly WhatIfConflict[] =>
  state.findings
    .filter(({ kind, waived }: Finding) => kind === 'conflict' && waived === undefined)
    .map(({ rule, level, key, summary }) => ({ rule, level, key, summary }));

const idOf = ({ rule, key }: Pick<WhatIfConflict, 'rule' | 'key'>) => `${rule} ${key}`;
const kindOf = (conflict: WhatIfConflict) => `${idOf(conflict)} ${conflict.level}`;

/** Conflicts of one look that the other does not have. One of which only the words changed, as they name a version, counts as the same. */
function without(conflicts: readonly WhatIfConflict[], others: readonly WhatIfConflict[]) {
  const lacks = (list: readonly WhatIfConflict[]) => {
    const summaries = new Set(list.map((one) => `${kindOf(one)} ${one.summary}`));
    return (one: WhatIfConflict) => !summaries.has(`${kindOf(one)} ${one.summary}`);
  };
  const changed = new Map<string, number>();
  for (const one of others.filter(lacks(conflicts)))
    changed.set(kindOf(one), (changed.get(kindOf(one)) ?? 0) + 1);
  return conflicts.filter(lacks(others)).filter((one) => {
    const left = changed.get(kindOf(one)) ?? 0;
    changed.set(kindOf(one), left - 1);
    return left <= 0;
  });
}

/** Facets of which a check there would not say all that there is to say, in words. */
function unjudged({ state }: Look): readonly string[] {
  return Object.entries(state.facetStatus).flatMap(([facet, status]) => {
    const collector = state.collectors.find((one) => one.collector === facet);
    const isBlind = status === 'unreadable' || collector?.unjudged === true;
    return isBlind
      ? [`what else a check would say of ${facet}: ${collector?.why ?? 'it cannot be read'}`]
      : [];
  });
}

const certainly = (certain: readonly WhatIfConflict[]): ConflictChange => ({ certain, possible: [] });

/** The answer where the go that is started stays the same. */
export function answerOfLooks(before: Look, after: Look): Answer {
  const [now, then] = [verdictOfLook(before), verdictOfLook(after)];
  const [was, is] = [conflictsOf(before), conflictsOf(after)];
  return {
    ...(now === undefined ? {} : { before: now }),
    after: then === undefined ? [] : [then],
    unless: [],
    unknown: [...(then === undefined ? ['its toolchain: no go answers here'] : []), ...unjudged(after)],
    appear: certainly(without(is, was)),
    go: certainly(without(was, is)),
  };
}

const hasId = (list: readonly WhatIfConflict[], id: string) => list.some((one) => idOf(one) === id);

/** What the looks found on one side, without what the other go undoes, and with what that go adds. */
function joined(found: ConflictChange, added: ConflictChange, taken: ConflictChange): ConflictChange {
  const stays = found.certain.filter((one) => !hasId(taken.certain, idOf(one)));
  // Of rules that look into the tree of a go, nobody knows what they find in another one.
  const isSure = (one: WhatIfConflict) =>
    !hasId(taken.possible, idOf(one)) && [...judgedRules, ...readsNoTree].some((rule) => rule === one.rule);
  const more = (list: readonly WhatIfConflict[]) => list.filter((one) => !hasId(stays, idOf(one)));
  return {
    certain: [...stays.filter(isSure), ...more(added.certain)],
    possible: [...stays.filter((one) => !isSure(one)), ...more(added.possible)],
  };
}

const only = (
  { certain, possible }: ConflictChange,
  keep: (one: WhatIfConflict) => boolean,
): ConflictChange => ({
  certain: certain.filter(keep),
  possible: possible.filter(keep),
});

/**
 * The answer where another go is put first on PATH as well: `then` is what that go does to what the second look found, with what a release ships in place of
 * its tree, of which nobody knows.
 */
export function withOtherGo(before: Look, after: Look, then: WhatIfMember): Answer {
  const looked = answerOfLooks(before, after);
  const was = conflictsOf(before);
  const wasThere = (one: WhatIfConflict) => hasId(was, idOf(one));
  return {
    ...looked,
    after: then.after,
    unless: then.unless,
    unknown: [...then.unknown, ...unjudged(after)],
    appear: joined(
      looked.appear,
      only(then.appear, (one) => !wasThere(one)),
      then.go,
    ),
    go: joined(looked.go, only(then.go, wasThere), then.appear),
  };
}
