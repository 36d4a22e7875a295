/** Values that Go takes anyway: whether somebody sets what is the default, or leaves it out, no build can tell. */
import { archLevelName, archLevelNames } from '../go/defaults.ts';
import type { VariableFact } from './model.ts';
import type { Entries } from './snapshot.ts';

/** Of an entry of the facet `env` the variable that it is of; undefined while the environment is not known. */
type Variables = ReadonlyMap<string, VariableFact> | undefined;

/**
 * The variables whose default another Go tree, or another host, may have otherwise: `$GOROOT/go.env` says the first three, and whether a C
 * compiler is there the last. Set to what is the default here, they still decide what builds do elsewhere, and enter a snapshot.
 */
const defaultsOfTheTree: ReadonlySet<string> = new Set(['GOTOOLCHAIN', 'GOPROXY', 'GOSUMDB', 'CGO_ENABLED']);

/** Whether somebody set a variable: neither Go's own default nor a line of its release. */
export function isSet({ value, origin }: VariableFact): boolean {
  return value !== '' && (origin.kind === 'process' || origin.kind === 'goenv');
}

/** Whether a variable is the level of an architecture that is not built for: go reads it for no build here (cmd/go/internal/cfg/cfg.go, GetArchEnv). */
export function ofAnotherArchitecture(name: string, variables: Variables): boolean {
  const goarch = variables?.get('GOARCH')?.value ?? '';
  return goarch !== '' && archLevelNames.has(name) && archLevelName(goarch) !== name;
}

/** Whether a value enters although it is the default. */
export function entersAsDefault(fact: VariableFact): boolean {
  return defaultsOfTheTree.has(fact.name) && isSet(fact);
}

/**
 * Both sides of a comparison without what differs in words only: an entry of now that is the default here, which the baseline left out, and one
 * of the baseline whose value is in force now without an entry.
 */
export function withEffectiveValues(
  old: Entries,
  now: Entries,
  variables: Variables,
): { readonly old: Entries; readonly now: Entries } {
  const factOf = (key: string) => variables?.get(key.slice('env.'.length));
  const needless = [...now].flatMap(([key]) => {
    const fact = factOf(key);
    return !old.has(key) && fact !== undefined && fact.value === fact.default ? [key] : [];
  });
  const kept = [...old].flatMap(([key, value]) =>
    !now.has(key) && value !== '' && factOf(key)?.value === value ? [key] : [],
  );
  // Snapshots of before such levels were left out have them.
  const idle = [...old.keys()].filter((key) => ofAnotherArchitecture(key.slice('env.'.length), variables));
  return { old: without(old, [...kept, ...idle]), now: without(now, needless) };
}

function without(entries: Entries, keys: readonly string[]): Entries {
  if (keys.length === 0) return entries;
  return new Map([...entries].filter(([key]) => !keys.includes(key)));
}
