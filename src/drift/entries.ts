/**
 * From facts to snapshot entries: which facts enter, under which key, written portably. Defaults are left out, so that an
 * entry always means that somebody decided something.
 */

import { type Facet, facets } from '../catalog/facets.ts';
import { variable } from '../catalog/variables.ts';
import { cacheEntries } from './facets/cache.ts';
import { contextEntries } from './facets/context.ts';
import { modulesEntries } from './facets/modules.ts';
import { toolsEntries } from './facets/tools.ts';
import {
  type EnvFacts,
  type FactsOf,
  factsOf,
  type Observation,
  type Outcome,
  type ToolchainFacts,
} from './model.ts';
import { type PathRoots, portablePath } from './portable.ts';
import type { Entries } from './snapshot.ts';

/** The directories that paths are written from, longest match first (design §3). */
export function pathRoots(observation: Observation, home: string): PathRoots {
  const env = factsOf(observation, 'env');
  const toolchain = factsOf(observation, 'toolchain');
  const gopath = env?.variables.get('GOPATH')?.value.split(':')[0];
  const goroot = toolchain?.local?.ownGoroot;
  return {
    ...(observation.workspace === '' ? {} : { workspace: observation.workspace }),
    ...(goroot === undefined ? {} : { goroot }),
    ...(gopath === undefined || !gopath.startsWith('/') ? {} : { gopath }),
    ...(home === '' ? {} : { home }),
  };
}

/** Entries of the facet `toolchain`; the GOROOT is written without `$GOROOT`, which would say nothing. */
function toolchainEntries(facts: ToolchainFacts, roots: PathRoots): [string, string][] {
  if (facts.local === undefined) return [];
  const entries: [string, string][] = [
    ['toolchain.version', facts.selection?.effective ?? facts.local.version],
    ['toolchain.goroot', portablePath(facts.local.goroot, rootsFor('GOROOT', roots))],
  ];
  if (facts.selection !== undefined) entries.push(['toolchain.origin', facts.selection.outcome]);
  if (facts.local.digest !== undefined) entries.push(['toolchain.digest', facts.local.digest]);
  return entries;
}

/** The roots for a variable's value: a root is not written from itself, or moving it would be invisible. */
function rootsFor(name: string, roots: PathRoots): PathRoots {
  if (name === 'GOPATH') {
    const { gopath: _, ...others } = roots;
    return others;
  }
  if (name === 'GOROOT') {
    const { goroot: _, ...others } = roots;
    return others;
  }
  return roots;
}

function envEntries(facts: EnvFacts, roots: PathRoots): [string, string][] {
  const entries: [string, string][] = [];
  for (const fact of facts.variables.values()) {
    const row = variable(fact.name);
    if (row?.entry === false || fact.value === '' || fact.value === fact.default) continue;
    entries.push([`env.${fact.name}`, portablePath(fact.value, rootsFor(fact.name, roots))]);
  }
  return entries;
}

type EntriesOf = { readonly [F in Facet]: (facts: FactsOf[F], roots: PathRoots) => [string, string][] };

const entriesOfFacet: EntriesOf = {
  toolchain: toolchainEntries,
  env: envEntries,
  modules: modulesEntries,
  cache: cacheEntries,
  tools: toolsEntries,
  context: contextEntries,
};

/** The entry that names what a snapshot leaves open in a facet; who is compared with it must know. */
export function unsettledKey(facet: Facet): string {
  return `${facet}.unsettled`;
}

/** All entries of an observation; facets that were not read have none. */
export function entriesOf(observation: Observation, home: string): Entries {
  const roots = pathRoots(observation, home);
  const of = <F extends Facet>(facet: F): [string, string][] => {
    const outcome = observation[facet] as Outcome<FactsOf[F]>;
    if (outcome.status !== 'ok') return [];
    const open = outcome.unsettled ?? [];
    return [
      ...entriesOfFacet[facet](outcome.facts, roots),
      // Single keys that are open explain themselves by their absence; a whole list that is open would look complete.
      ...(open.some((key) => key.endsWith('*'))
        ? [[unsettledKey(facet), open.join(' ')] as [string, string]]
        : []),
    ];
  };
  return new Map(facets.flatMap((facet) => of(facet)));
}
