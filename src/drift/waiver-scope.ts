/** What a waiver is for: findings of a facet, of a rule, of a key. One that no finding can ever be of would be listed, and waive nothing. */
import { comparisonRules } from '../catalog/comparison-rules.ts';
import { entryKeys, findingKeys } from '../catalog/entry-keys.ts';
import { type Facet, isFacet } from '../catalog/facets.ts';
import { conflictRules } from '../catalog/rules.ts';
import { knownTool } from '../catalog/tools.ts';
import { variable, variables } from '../catalog/variables.ts';
import type { Waiver } from './exemptions.ts';

/** What all of a finding has to be for a waiver to cover it; what is left out may be anything. */
export type WaiverScope = Pick<Waiver, 'facet' | 'rule' | 'key'>;

/** Which part of a scope keeps every finding out, and why. */
export interface Idle {
  readonly part: keyof WaiverScope;
  readonly why: string;
}

/** Facets whose findings may name an entry of another one: a variable decides on the toolchain and on modules, a dependency on the Go that is needed. */
const alsoToldBy: Readonly<Partial<Record<Facet, readonly Facet[]>>> = {
  env: ['toolchain', 'modules'],
  toolchain: ['modules'],
};

/** Families with keys that nobody can list: names of variables, modules and tools, and what is wrong in a cache. */
const openFamilies = [...entryKeys, ...findingKeys].flatMap(({ key }) =>
  key.includes('<') ? [key.slice(0, key.indexOf('<'))] : [],
);

/** Every key that can be listed. */
const listedKeys = [...entryKeys, ...findingKeys].map(({ key }) => key).filter((key) => !key.includes('<'));

/** Every rule that a finding may be of. */
export const ruleNames: readonly string[] = [...comparisonRules, ...conflictRules].map(({ rule }) => rule);

/** The key as findings have it: a variable or a tool may be called by its name alone, as everywhere. */
export function wholeKey(key: string): string {
  if (variable(key) !== undefined) return `env.${key}`;
  return knownTool(key) === undefined ? key : `tools.${key}`;
}

/** Whether some finding may have the key, or one that begins as it says. */
function isKey(key: string): boolean {
  if (!key.endsWith('*'))
    return listedKeys.includes(key) || openFamilies.some((one) => key.startsWith(one) && key !== one);
  const beginning = key.slice(0, -1);
  return (
    listedKeys.some((one) => one.startsWith(beginning)) ||
    openFamilies.some((one) => one.startsWith(beginning) || beginning.startsWith(one))
  );
}

/** Facets whose findings may have the key; undefined where it does not say. */
function facetsOfKey(key: string): readonly Facet[] | undefined {
  const family = key.slice(0, Math.max(0, key.indexOf('.')));
  return isFacet(family) ? [family, ...(alsoToldBy[family] ?? [])] : undefined;
}

/** The only facet of which the rule finds something; undefined where it may be any. */
const facetOfRule = (rule: string): Facet | undefined =>
  conflictRules.find((row) => row.rule === rule)?.facet;

/** Why no finding can ever be of that scope; undefined where one can. */
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

/** Keys that somebody may have meant. */
export const suggestedKeys: readonly string[] = [
  ...listedKeys,
  ...variables.filter(({ entry }) => entry).map(({ name }) => `env.${name}`),
];
