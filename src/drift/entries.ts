/**
 * From facts to snapshot entries: which facts enter, under which key, written portably. Defaults are left out, so that an
 * entry always means that somebody decided something.
 */

import { type Facet, facets } from '../catalog/facets.ts';
import { variable } from '../catalog/variables.ts';
import { visible } from '../catalog/visible.ts';
import { normalizeCommand } from '../go/goroot-source.ts';
import { entersAsDefault, ofAnotherArchitecture } from './effective.ts';
import { cacheEntries } from './facets/cache.ts';
import { contextEntries } from './facets/context.ts';
import { modulesEntries } from './facets/modules.ts';
import type { ToolchainFacts } from './facets/toolchain.ts';
import { toolsEntries } from './facets/tools.ts';
import {
  type EnvFacts,
  type FactsOf,
  factsOf,
  type Observation,
  type Origin,
  type Outcome,
  type VariableFact,
} from './model.ts';
import { type PathRoots, portablePath } from './portable.ts';
import { secretKeyOf } from './secret-entries.ts';
import { shippedKeyOf } from './shipped-entries.ts';
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

/**
 * Whether a value decides nothing: it is what Go would take anyway. GO111MODULE=on has been that since 1.16 (`go env -changed` leaves
 * it out too); a GOROOT that leads to the own tree of the go, by whatever link, changes no build.
 */
function decidesNothing({ name, value, default: usual }: VariableFact, ownTree: boolean): boolean {
  if (value === '' || value === usual) return true;
  return (name === 'GO111MODULE' && value === 'on') || (name === 'GOROOT' && ownTree);
}

/** A value as it enters: spaces between flags say nothing, paths are written portably. */
function entryValue({ name, value }: VariableFact, roots: PathRoots): string {
  const written = variable(name)?.list === 'flags' ? normalizeCommand(value) : value;
  return portablePath(written, rootsFor(name, roots));
}

function envEntries(facts: EnvFacts, roots: PathRoots, toolchain?: ToolchainFacts): [string, string][] {
  const { local } = toolchain ?? {};
  const ownTree = local !== undefined && local.goroot === local.ownGoroot;
  const shipped = [...(facts.shipped ?? [])].map(([name, line]): [string, string] => [
    shippedKeyOf(name),
    line,
  ]);
  const own = [...facts.variables.values()]
    .filter(
      (fact) =>
        variable(fact.name)?.entry !== false &&
        !ofAnotherArchitecture(fact.name, facts.variables) &&
        (entersAsDefault(fact) || !decidesNothing(fact, ownTree)),
    )
    .flatMap((fact): [string, string][] => {
      const key = envKey(fact.name);
      const secret = facts.secrets?.get(fact.name);
      return [
        [key, entryValue(fact, roots)],
        ...(secret === undefined ? [] : [[secretKeyOf(key), secret] as [string, string]]),
      ];
    });
  return [...own, ...shipped];
}

type EntriesOf = {
  readonly [F in Facet]: (
    facts: FactsOf[F],
    roots: PathRoots,
    toolchain?: ToolchainFacts,
  ) => [string, string][];
};

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

/** Where the entries of an observation stand, as far as it is known; with those that would be there if they decided anything. */
export function originsOf(observation: Observation): ReadonlyMap<string, Origin> {
  const variables = factsOf(observation, 'env')?.variables ?? new Map<string, VariableFact>();
  return new Map([...variables.values()].map(({ name, origin }) => [envKey(name), origin]));
}

/** The key of a variable's entry. */
const envKey = (name: string) => `env.${name}`;

/** All entries of an observation; facets that were not read have none. */
export function entriesOf(observation: Observation, home: string): Entries {
  const roots = pathRoots(observation, home);
  const toolchain = factsOf(observation, 'toolchain');
  const of = <F extends Facet>(facet: F): [string, string][] => {
    const outcome = observation[facet] as Outcome<FactsOf[F]>;
    if (outcome.status !== 'ok' && outcome.status !== 'not_evaluated') return [];
    const open = outcome.unsettled ?? [];
    return [
      ...(outcome.status === 'ok' ? entriesOfFacet[facet](outcome.facts, roots, toolchain) : []),
      // Single keys that are open explain themselves by their absence; a whole list that is open would look complete.
      ...(open.some((key) => key.endsWith('*'))
        ? [[unsettledKey(facet), open.join(' ')] as [string, string]]
        : []),
    ];
  };
  // A snapshot is printed, stored and compared: what nobody could see is written as its escape from the start.
  return new Map(facets.flatMap((facet) => of(facet)).map(([key, value]) => [visible(key), visible(value)]));
}
