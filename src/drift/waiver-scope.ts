/**
 * Checks the scope of a waiver: facet, rule, key. A waiver that can never match a finding would be listed but
 * useless.
 */
import { comparisonRules } from '../catalog/comparison-rules.ts';
import { entryKeys, findingKeys } from '../catalog/entry-keys.ts';
import { type Facet, isFacet } from '../catalog/facets.ts';
import { conflictRules } from '../catalog/rules.ts';
import { knownTool } from '../catalog/tools.ts';
import { variable, variables } from '../catalog/variables.ts';
import type { Waiver } from './exemptions.ts';

/** The conditions that a finding must meet for a waiver to cover it; an absent one matches everything. */
export type WaiverScope = Pick<Waiver, 'facet' | 'rule' | 'key'>;

/** The part of a scope that excludes every finding, and why. */
export interface Idle {
  readonly part: keyof WaiverScope;
  readonly why: string;
}

/**
 * Facets whose findings may have a key of another facet: variables affect toolchain and modules, and
 * dependencies affect the required Go version.
 */
const alsoToldBy: Readonly<Partial<Record<Facet, readonly Facet[]>>> = {
  env: ['toolchain', 'modules'],
  toolchain: ['modules'],
};

/**
 * Prefixes of keys that cannot be listed, because they contain names of variables, modules or tools, or
 * faults of a cache.
 */
const openFamilies = [...entryKeys, ...findingKeys].flatMap(({ key }) =>
  key.includes('<') ? [key.slice(0, key.indexOf('<'))] : [],
);

/** All keys that can be listed. */
const listedKeys = [...entryKeys, ...findingKeys].map(({ key }) => key).filter((key) => !key.includes('<'));

/** All rules that a finding can have. */
export const ruleNames: readonly string[] = [...comparisonRules, ...conflictRules].map(({ rule }) => rule);

/**
 * Returns the full key as findings have it. A variable or a tool may be given by its bare name: `GOFLAGS →
 * env.GOFLAGS`.
 */
export function wholeKey(key: string): string {
  if (variable(key) !== undefined) return `env.${key}`;
  return knownTool(key) === undefined ? key : `tools.${key}`;
}

/** Reports whether a finding can have the key, or a key with the prefix before a final `*`. */
function isKey(key: string): boolean {
  if (!key.endsWith('*'))
    return listedKeys.includes(key) || openFamilies.some((one) => key.startsWith(one) && key !== one);
  const beginning = key.slice(0, -1);
  return (
    listedKeys.some((one) => one.startsWith(beginning)) ||
    openFamilies.some((one) => one.startsWith(beginning) || beginning.startsWith(one))
  );
}

/** Returns the facets whose findings can have the key; undefined if the key does not tell. */
function facetsOfKey(key: string): readonly Facet[] | undefined {
  const family = key.slice(0, Math.max(0, key.indexOf('.')));
  return isFacet(family) ? [family, ...(alsoToldBy[family] ?? [])] : undefined;
}

/** Returns the only facet of a conflict rule's findings; undefined if any facet is possible. */
const facetOfRule = (rule: string): Facet | undefined =>
  conflictRules.find((row) => row.rule === rule)?.facet;

/** Explains why no finding can match a scope; undefined if one can. */
export function whyIdle({ facet, rule, key }: WaiverScope): Idle | undefined {
  if (rule !== undefined && !ruleNames.includes(rule)) return { part: 'rule', why: 'there is no such rule' };
  if (key !== undefined && !isKey(key)) return { part: 'key', why: 'no finding has such a key' };
  const ofRule = rule === undefined ? undefined : facetOfRule(rule);
  if (ofRule !== undefined && facet !== undefined && ofRule !== facet)
    return { part: 'facet', why: `what ${rule} finds is of the facet ${ofRule}` };
  const wanted = facet ?? ofRule;
  const ofKey = key === undefined ? undefined : facetsOfKey(key);
  if (ofKey !== undefined && wanted !== undefined && !ofKey.includes(wanted))
    return { part: 'key', why: `no finding of the facet ${wanted} has such a key` };
  return undefined;
}

/** Keys to suggest for a mistyped one. */
export const suggestedKeys: readonly string[] = [
  ...listedKeys,
  ...variables.filter(({ entry }) => entry).map(({ name }) => `env.${name}`),
];
