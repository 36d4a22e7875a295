/** The shape of a conflict rule: a pure function from facts to what it found. */

import type { Level } from '../../catalog/facets.ts';
import { type ConflictRule, ruleRow } from '../../catalog/rules.ts';
import type { CacheFacts } from '../facets/cache.ts';
import type { ContextFacts } from '../facets/context.ts';
import type { ModulesFacts } from '../facets/modules.ts';
import type { ToolsFacts } from '../facets/tools.ts';
import type { EnvFacts, Finding, Origin, ToolchainFacts } from '../model.ts';

/** What rules look at. Any part may be missing: its collector failed, or nobody asked. */
export interface World {
  readonly workspace: string;
  readonly toolchain?: ToolchainFacts | undefined;
  readonly env?: EnvFacts | undefined;
  readonly modules?: ModulesFacts | undefined;
  readonly cache?: CacheFacts | undefined;
  readonly tools?: ToolsFacts | undefined;
  readonly context?: ContextFacts | undefined;
}

/** What a rule says: summary in go's terms (what go will do) and the narrowest repair. */
export interface Conflict {
  readonly key: string;
  readonly summary: string;
  readonly repair: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly origin?: Origin;
  /** Where the catalogue says that the level varies. */
  readonly level?: Level;
}

export type Rule = (world: World) => readonly Conflict[];

/** One line whatever a file or variable holds: a control character is written as its escape (`\r`, `\u001b`). */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}` : escaped;
  });
}

/** Turns what a rule found into findings with the level of the catalogue. */
export function findingsOf(rule: ConflictRule, conflicts: readonly Conflict[]): readonly Finding[] {
  const row = ruleRow(rule);
  return conflicts.map(({ level, summary, repair, expected, actual, ...conflict }) => ({
    kind: 'conflict' as const,
    rule,
    facet: row.facet,
    level: level ?? row.level,
    ...conflict,
    summary: visible(summary),
    repair: visible(repair),
    ...(expected === undefined ? {} : { expected: visible(expected) }),
    ...(actual === undefined ? {} : { actual: visible(actual) }),
  }));
}

/** Effective value of a variable, `''` when unset or unknown. */
export function effectiveValue(world: World, name: string): string {
  return world.env?.variables.get(name)?.value ?? '';
}

/** Version of the Go that builds here, `''` when none answers. */
export function effectiveVersion(world: World): string {
  return world.toolchain?.selection?.effective || (world.toolchain?.local?.version ?? '');
}

/** Origin of a variable's effective value, as a spreadable property. */
export function originOf(world: World, name: string): { readonly origin?: Origin } {
  const origin = world.env?.variables.get(name)?.origin;
  return origin === undefined || origin.kind === 'default' ? {} : { origin };
}

/**
 * How to take a variable away where it was set: in the process, or by editing the GOENV line by hand (go env -u fails
 * in the very cases in which a value bricks every go command).
 */
export function unset(world: World, name: string): string {
  const origin = world.env?.variables.get(name)?.origin;
  switch (origin?.kind) {
    case 'process':
      return `unset ${name}`;
    case 'goenv':
      return `remove line ${origin.line ?? '?'} (${name}=…) from ${origin.path ?? 'the GOENV file'}`;
    case 'goroot':
      return `restore ${name} in ${origin.path ?? '$GOROOT/go.env'}`;
    default:
      return `set ${name} back to its default`;
  }
}
