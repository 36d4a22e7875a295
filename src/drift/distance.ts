/**
 * Measures a set of changes (design §3): change ratio, semantic distance and level of one facet.
 *
 * distance = 1 − Π(1 − weight), in [0,1], growing with each change. Patches alone must not add up to an
 * alarm: while all changes are patches, the distance is 0.3 · (1 − Π(1 − weight/0.3)), which starts with the
 * same slope and never exceeds 0.3.
 */
import { entryRule, type Weight } from '../catalog/entries.ts';
import { type Level, maxLevel } from '../catalog/facets.ts';
import { moduleVersionPart } from '../go/semver.ts';
import { versionPart } from '../go/version.ts';
import type { Change, Diff } from './diff.ts';
import { toolPart } from './tool-part.ts';

/** Upper bound of the distance of patches alone; the shipped rules alert only above it. */
export const patchCeiling = 0.3;

export interface WeighedChange extends Change {
  readonly weight: number;
  readonly level: Level;
}

export interface FacetDistance {
  /** (added + removed + changed) / union; 0 for two empty facets. */
  readonly changeRatio: number;
  readonly semanticDistance: number;
  readonly level: Level;
  /** Heaviest first, then by key. */
  readonly changes: readonly WeighedChange[];
}

const nothing: Weight = { weight: 0, level: 'none' };

type Part = 'major' | 'minor' | 'patch' | 'rc' | 'same';

/**
 * Parses a module entry into the version that is built, the replacement path and the checksum. Forms: `v1.2.3
 * h1:…`, `v1.2.3 => example.com/fork v1.2.4 h1:…`, `v1.2.3 => ../dir sha256:…`.
 */
function builtBy(value: string): { readonly version: string; readonly place: string; readonly sum: string } {
  const words = value.split(' ');
  const sum = /^(?:h1|sha256):/.test(words.at(-1) ?? '') ? (words.pop() as string) : '';
  const arrow = words.indexOf('=>');
  if (arrow === -1) return { version: words[0] ?? '', place: '', sum };
  return { version: words[arrow + 2] ?? words[0] ?? '', place: words[arrow + 1] ?? '', sum };
}

function modulePart(old: string, value: string): Part {
  const a = builtBy(old);
  const b = builtBy(value);
  if (a.place !== b.place) return 'same';
  const part = moduleVersionPart(a.version, b.version);
  // A checksum on one side only proves nothing, because go.sum gains and loses lines.
  if (part === 'none') return a.sum !== b.sum && (a.sum === '' || b.sum === '') ? 'patch' : 'same';
  return part;
}

function goVersionPart(old: string, value: string): Part {
  const part = versionPart(old, value);
  return part === 'none' ? 'same' : part;
}

const partOf = { 'go-version': goVersionPart, module: modulePart, tool: toolPart } as const;

/**
 * Returns weight and level of one change. A change that follows from another one in `changedKeys` has weight
 * 0.
 */
export function weighChange(change: Change, changedKeys: ReadonlySet<string>): Weight {
  const rule = entryRule(change.key);
  if (rule.follows?.some((key) => changedKeys.has(key))) return nothing;
  if (change.old === undefined) return rule.added ?? rule.presence ?? rule.plain;
  if (change.new === undefined) return rule.presence ?? rule.plain;
  if (rule.kind === 'plain') return rule.plain;
  return rule.parts?.[partOf[rule.kind](change.old, change.new)] ?? rule.plain;
}

const nothingElse: ReadonlySet<string> = new Set();

/**
 * Weighs the differences of one facet. `elsewhere` are keys that changed in other facets, from which changes
 * of this facet may follow.
 */
export function facetDrift(diff: Diff, elsewhere = nothingElse): FacetDistance {
  const all = [...diff.added, ...diff.removed, ...diff.changed];
  const keys = new Set([...elsewhere, ...all.map((change) => change.key)]);
  const changes = all
    .map((change): WeighedChange => ({ ...change, ...weighChange(change, keys) }))
    .sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const level = changes.reduce<Level>((highest, change) => maxLevel(highest, change.level), 'none');
  const ceiling = level === 'patch' ? patchCeiling : 1;
  const kept = changes.reduce((product, change) => product * (1 - Math.min(change.weight / ceiling, 1)), 1);
  return {
    changeRatio: diff.union === 0 ? 0 : all.length / diff.union,
    semanticDistance: ceiling * (1 - kept),
    level,
    changes,
  };
}
