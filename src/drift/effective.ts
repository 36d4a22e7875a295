/**
 * Values that Go would use anyway. No build can tell whether a variable is set to its default or not set at
 * all.
 */
import { archLevelName, archLevelNames } from '../go/defaults.ts';
import type { VariableFact } from './model.ts';
import type { Entries } from './snapshot.ts';

/** All variables by name; undefined if the environment is not known. */
type Variables = ReadonlyMap<string, VariableFact> | undefined;

/**
 * Variables whose default depends on the Go tree or on the host: `$GOROOT/go.env` sets the first three, and
 * CGO_ENABLED depends on whether a C compiler exists. Explicitly set to the local default, they still decide
 * builds elsewhere, so they enter a snapshot.
 */
const defaultsOfTheTree: ReadonlySet<string> = new Set(['GOTOOLCHAIN', 'GOPROXY', 'GOSUMDB', 'CGO_ENABLED']);

/**
 * Reports whether a user set the variable, as opposed to Go's own default or a line that the Go release
 * ships.
 */
export function isSet({ value, origin }: VariableFact): boolean {
  return value !== '' && (origin.kind === 'process' || origin.kind === 'goenv');
}

/**
 * Reports whether a variable is the level of an architecture other than GOARCH. Go reads such a level for no
 * build here (cmd/go/internal/cfg/cfg.go, GetArchEnv).
 */
export function ofAnotherArchitecture(name: string, variables: Variables): boolean {
  const goarch = variables?.get('GOARCH')?.value ?? '';
  return goarch !== '' && archLevelNames.has(name) && archLevelName(goarch) !== name;
}

/** Reports whether a value enters the snapshot although it is the default. */
export function entersAsDefault(fact: VariableFact): boolean {
  return defaultsOfTheTree.has(fact.name) && isSet(fact);
}

/**
 * Removes from both sides of a comparison what makes no difference: current entries that are the default here
 * and that the baseline left out, and baseline entries whose value is now in force without an entry.
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
  // Snapshots of older versions still have levels of other architectures.
  const idle = [...old.keys()].filter((key) => ofAnotherArchitecture(key.slice('env.'.length), variables));
  return { old: without(old, [...kept, ...idle]), now: without(now, needless) };
}

function without(entries: Entries, keys: readonly string[]): Entries {
  if (keys.length === 0) return entries;
  return new Map([...entries].filter(([key]) => !keys.includes(key)));
}
