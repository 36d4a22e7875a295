/**
 * Computes the effect of a change on the current workspace from two observations: as it is, and as it would
 * be. All rules of a check are applied to both, so the answer is what a check will report after the change.
 */
import { type Finding, factsOf, type Observation } from '../../drift/model.ts';
import type { TargetState } from '../../drift/state.ts';
import { judgedRules, readsNoTree } from './conflicts.ts';
import type { ConflictChange, WhatIfConflict, WhatIfMember, WhatIfVerdict } from './model.ts';

/** One observation and its state. */
export interface Look {
  readonly state: TargetState;
  readonly observation: Observation;
}

type Answer = Pick<WhatIfMember, 'before' | 'after' | 'unless' | 'unknown' | 'appear' | 'go'>;

/** Returns what a go command does there; undefined if no go was found. */
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

/** Returns the conflicts that count. Waived ones are left out, because a change does not end a waiver. */
const conflictsOf = ({ state }: Look): readonly WhatIfConflict[] =>
  state.findings
    .filter(({ kind, waived }: Finding) => kind === 'conflict' && waived === undefined)
    .map(({ rule, level, key, summary }) => ({ rule, level, key, summary }));

const idOf = ({ rule, key }: Pick<WhatIfConflict, 'rule' | 'key'>) => `${rule} ${key}`;
const kindOf = (conflict: WhatIfConflict) => `${idOf(conflict)} ${conflict.level}`;

/**
 * Returns the conflicts that `others` lacks. A conflict of the same rule, key and level whose summary
 * differs, because it names a version, is the same.
 */
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

/** Returns, in words, the facets that a check there could not evaluate completely. */
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

/** Returns the answer if the go that is started stays the same. */
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

/** Returns the observed conflicts, without those that the other go removes and with those that it adds. */
function joined(found: ConflictChange, added: ConflictChange, taken: ConflictChange): ConflictChange {
  const stays = found.certain.filter((one) => !hasId(taken.certain, idOf(one)));
  // Rules that read the Go tree may have other results with another go.
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
 * Returns the answer if another go is put first on PATH as well. `then` is the effect of that go on the
 * second observation, assuming the tree of an unmodified release, because its real tree is not known.
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
