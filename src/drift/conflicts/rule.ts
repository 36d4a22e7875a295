/** The shape of a conflict rule: a pure function from facts to conflicts. */

import type { Level } from '../../catalog/facets.ts';
import { type ConflictRule, ruleRow } from '../../catalog/rules.ts';
import { redacted } from '../../go/redacted.ts';
import type { CacheFacts } from '../facets/cache.ts';
import type { ContextFacts } from '../facets/context.ts';
import type { FileLine, ModulesFacts } from '../facets/modules.ts';
import type { ToolchainFacts } from '../facets/toolchain.ts';
import type { ToolsFacts } from '../facets/tools.ts';
import { linesOf, removal } from '../goenv-lines.ts';
import type { EnvFacts, Finding, Fix, Origin, VariableFact } from '../model.ts';
import type { Pin } from '../pins.ts';
import { shellWord } from '../shell-word.ts';
import { visibleFinding } from '../visible-finding.ts';
import { joinedWords, wordsOf } from '../word-list.ts';

/** Input of the conflict rules. Any part may be missing, because its collector failed or did not run. */
export interface World {
  readonly workspace: string;
  /**
   * The process environment was not read, so it is not known whether builds have HOME, or what their PATH
   * contains.
   */
  readonly processUnknown?: true;
  /** Demands of project and configuration on the toolchain. */
  readonly pins?: readonly Pin[];
  /** Go version of the baseline, without `go`; absent if the toolchain is not compared. */
  readonly baselineGo?: string | undefined;
  /** Whether a go.work was in force when the baseline was taken. */
  readonly baselineHasWork?: boolean;
  readonly toolchain?: ToolchainFacts | undefined;
  readonly env?: EnvFacts | undefined;
  readonly modules?: ModulesFacts | undefined;
  /** Why some module rules could not be evaluated; their silence then proves nothing. */
  readonly modulesUnjudged?: string | undefined;
  /** Only in a world after a repair: what is not known about the Go tree that builds there. */
  readonly unknownTree?: string | undefined;
  readonly cache?: CacheFacts | undefined;
  readonly tools?: ToolsFacts | undefined;
  readonly context?: ContextFacts | undefined;
}

/** A conflict: `summary` says what go will do, `repair` is the narrowest repair. */
export interface Conflict {
  readonly key: string;
  readonly summary: string;
  readonly repair: string;
  /** The repair as a command, if it is one. */
  readonly fix?: Fix;
  readonly expected?: string;
  readonly actual?: string;
  readonly origin?: Origin;
  /** Set by rules whose level varies according to the catalogue. */
  readonly level?: Level;
}

export type Rule = (world: World) => readonly Conflict[];

/** Returns a rule's conflicts as findings, with the level from the catalogue. */
export function findingsOf(rule: ConflictRule, conflicts: readonly Conflict[]): readonly Finding[] {
  const row = ruleRow(rule);
  return conflicts.map(({ level, ...conflict }) =>
    visibleFinding({
      kind: 'conflict',
      rule,
      facet: row.facet,
      level: level ?? row.level,
      ...conflict,
    }),
  );
}

/** Returns the effective value of a variable, `''` if unset or not known. */
export function effectiveValue(world: World, name: string): string {
  return world.env?.variables.get(name)?.value ?? '';
}

/** Returns the value of a variable as written at its origin. Go may derive another value from it. */
export function settingOf({ value, written }: VariableFact): string {
  return written ?? value;
}

/** Returns the version of the Go that builds here, `''` if no go was found. */
export function effectiveVersion(world: World): string {
  return world.toolchain?.selection?.effective || (world.toolchain?.local?.version ?? '');
}

/**
 * Returns the version of the go that is started, which may switch to another one; `''` if no go was found.
 */
export function startedVersion(world: World): string {
  const { candidates: [first] = [], local } = world.toolchain ?? {};
  return local === undefined ? '' : (first?.version ?? local.version);
}

/** Returns the origin of a variable's effective value, as a property to spread; empty for a default. */
export function originOf(world: World, name: string): { readonly origin?: Origin } {
  const origin = world.env?.variables.get(name)?.origin;
  return origin === undefined || origin.kind === 'default' ? {} : { origin };
}

/** Returns a line of a file as the origin of a finding, as a property to spread; empty without a path. */
export function at({ path, line }: FileLine): { readonly origin?: Origin } {
  return path === '' ? {} : { origin: { kind: 'file', path, ...(line === 0 ? {} : { line }) } };
}

/** Returns {@link unset} as a command, as a property to spread; empty if more than one command is needed. */
export function unsetFix(world: World, name: string): { readonly fix?: Fix } {
  const origin = world.env?.variables.get(name)?.origin;
  if (origin?.kind === 'process') return { fix: { action: 'unset', name } };
  if (origin?.kind !== 'goenv' || origin.path === undefined || origin.line === undefined) return {};
  return { fix: removal(world.env, name, origin.path, origin.line) };
}

/** Returns `GOFLAGS`, or `line 3 (GOFLAGS=…) of FILE`. */
function listInWords(world: World, name: string): string {
  const origin = world.env?.variables.get(name)?.origin;
  if (origin?.kind !== 'goenv') return name;
  return `${linesInWords(world, name, origin.line)} (${name}=…) of ${origin.path ?? 'the GOENV file'}`;
}

/**
 * Returns the repair that removes a variable, as text and, where possible, as a command. From a list only the
 * words that `isBad` selects are removed, because the others are intended. If it selects none, or if the
 * remaining list cannot be written, the repair is text only.
 */
export function takeAway(
  world: World,
  name: string,
  isBad: (word: string) => boolean = () => false,
): Pick<Conflict, 'repair' | 'fix'> {
  const fact = world.env?.variables.get(name);
  const list = fact === undefined ? undefined : wordsOf(name, fact.value);
  if (fact === undefined || list === undefined || (list.length < 2 && fact.value !== redacted))
    return { repair: unset(world, name), ...unsetFix(world, name) };
  const bad = list.filter(isBad);
  if (bad.length > 0 && bad.length === list.length)
    return { repair: unset(world, name), ...unsetFix(world, name) };
  const where = listInWords(world, name);
  if (bad.length === 0) return { repair: `correct ${where}; the other words of it stay` };
  const value = joinedWords(
    name,
    list.filter((word) => !isBad(word)),
  );
  const repair = `take ${bad.join(' ')} out of ${where}`;
  if (fact.origin.kind !== 'process' || value === undefined) return { repair };
  return {
    repair: `export ${name}=${shellWord(value)}, without ${bad.join(' ')}`,
    fix: { action: 'export', name, value },
  };
}

/** Returns `line 3`, or `lines 1 and 3` if a variable is set more than once. */
function linesInWords(world: World, name: string, line: number | undefined): string {
  const lines = linesOf(world.env, name).map(String);
  if (lines.length < 2) return `line ${line ?? '?'}`;
  return `lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1)}`;
}

/**
 * Returns how to remove a variable where it is set: in the process, or by editing the GOENV file by hand,
 * because go env -u fails in the very cases in which a value breaks every go command.
 */
export function unset(world: World, name: string): string {
  const origin = world.env?.variables.get(name)?.origin;
  switch (origin?.kind) {
    case 'process':
      return `unset ${name}`;
    case 'goenv':
      return `remove ${linesInWords(world, name, origin.line)} (${name}=…) from ${origin.path ?? 'the GOENV file'}`;
    case 'goroot':
      return `restore ${name} in ${origin.path ?? '$GOROOT/go.env'}`;
    default:
      return `set ${name} back to its default`;
  }
}
