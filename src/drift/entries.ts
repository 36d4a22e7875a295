/**
 * Turns facts into snapshot entries: which facts enter, under which key, with portable paths. Defaults are
 * left out, so an entry always records a decision.
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

/** Returns the directories that paths are written relative to; the longest match wins (design §3). */
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

/**
 * Returns the entries of the facet `toolchain`. GOROOT is not written relative to itself: `$GOROOT` would
 * carry no information.
 */
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

/**
 * Returns the roots for a variable's value. A root is not written relative to itself, or moving it would go
 * unnoticed.
 */
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
 * Reports whether a value changes nothing, because Go would use the same anyway. GO111MODULE=on has been the
 * default since 1.16 (`go env -changed` leaves it out too). A GOROOT that leads to the go command's own tree,
 * through whatever symlink, changes no build.
 */
function decidesNothing({ name, value, default: usual }: VariableFact, ownTree: boolean): boolean {
  if (value === '' || value === usual) return true;
  return (name === 'GO111MODULE' && value === 'on') || (name === 'GOROOT' && ownTree);
}

/**
 * Returns a value as it enters the snapshot: with normalized spaces between flags and with portable paths.
 */
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

/**
 * Returns the key of the entry that lists what a snapshot could not settle in a facet. Comparisons must know
 * it.
 */
export function unsettledKey(facet: Facet): string {
  return `${facet}.unsettled`;
}

/**
 * Returns the origin of each variable by entry key, as far as known. Variables that have no entry because
 * they are the default are included.
 */
export function originsOf(observation: Observation): ReadonlyMap<string, Origin> {
  const variables = factsOf(observation, 'env')?.variables ?? new Map<string, VariableFact>();
  return new Map([...variables.values()].map(({ name, origin }) => [envKey(name), origin]));
}

/** Returns the key of a variable's entry. */
const envKey = (name: string) => `env.${name}`;

/** Returns all entries of an observation; a facet that was not read has none. */
export function entriesOf(observation: Observation, home: string): Entries {
  const roots = pathRoots(observation, home);
  const toolchain = factsOf(observation, 'toolchain');
  const of = <F extends Facet>(facet: F): [string, string][] => {
    const outcome = observation[facet] as Outcome<FactsOf[F]>;
    if (outcome.status !== 'ok' && outcome.status !== 'not_evaluated') return [];
    const open = outcome.unsettled ?? [];
    return [
      ...(outcome.status === 'ok' ? entriesOfFacet[facet](outcome.facts, roots, toolchain) : []),
      // A single open key is simply absent; a whole list that is open must be marked, or it would look
      // complete.
      ...(open.some((key) => key.endsWith('*'))
        ? [[unsettledKey(facet), open.join(' ')] as [string, string]]
        : []),
    ];
  };
  // Snapshots are printed, stored and compared, so invisible characters are escaped from the start.
  return new Map(facets.flatMap((facet) => of(facet)).map(([key, value]) => [visible(key), visible(value)]));
}
