/** The shape of a conflict rule: a pure function from facts to what it found. */

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

/** What rules look at. Any part may be missing: its collector failed, or nobody asked. */
export interface World {
  readonly workspace: string;
  /** No process environment was read: whether HOME is set where it builds, and what its PATH holds, is not known. */
  readonly processUnknown?: true;
  /** What the project and the configuration demand of the toolchain. */
  readonly pins?: readonly Pin[];
  /** Version of the Go that the baseline has, without `go`; absent where no toolchain is compared. */
  readonly baselineGo?: string | undefined;
  /** Whether the baseline was taken with a go.work in force. */
  readonly baselineHasWork?: boolean;
  readonly toolchain?: ToolchainFacts | undefined;
  readonly env?: EnvFacts | undefined;
  readonly modules?: ModulesFacts | undefined;
  /** Why rules of the modules could not all be judged: that they found nothing says nothing. */
  readonly modulesUnjudged?: string | undefined;
  /** Of a world after a repair alone: what of the Go tree that builds there nobody has looked at, in words. */
  readonly unknownTree?: string | undefined;
  readonly cache?: CacheFacts | undefined;
  readonly tools?: ToolsFacts | undefined;
  readonly context?: ContextFacts | undefined;
}

/** What a rule says: summary in go's terms (what go will do) and the narrowest repair. */
export interface Conflict {
  readonly key: string;
  readonly summary: string;
  readonly repair: string;
  /** The repair as a command, where it is one. */
  readonly fix?: Fix;
  readonly expected?: string;
  readonly actual?: string;
  readonly origin?: Origin;
  /** Where the catalogue says that the level varies. */
  readonly level?: Level;
}

export type Rule = (world: World) => readonly Conflict[];

/** Turns what a rule found into findings with the level of the catalogue. */
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

/** Effective value of a variable, `''` when unset or unknown. */
export function effectiveValue(world: World, name: string): string {
  return world.env?.variables.get(name)?.value ?? '';
}

/** The value of a variable as it stands at its origin, which is not always the one that go makes of it. */
export function settingOf({ value, written }: VariableFact): string {
  return written ?? value;
}

/** Version of the Go that builds here, `''` when none answers. */
export function effectiveVersion(world: World): string {
  return world.toolchain?.selection?.effective || (world.toolchain?.local?.version ?? '');
}

/** Version of the go that is started, which may switch to another one; `''` when none answers. */
export function startedVersion(world: World): string {
  const { candidates: [first] = [], local } = world.toolchain ?? {};
  return local === undefined ? '' : (first?.version ?? local.version);
}

/** Origin of a variable's effective value, as a spreadable property. */
export function originOf(world: World, name: string): { readonly origin?: Origin } {
  const origin = world.env?.variables.get(name)?.origin;
  return origin === undefined || origin.kind === 'default' ? {} : { origin };
}

/** A line of a file as a finding's origin, as a spreadable property; nothing without a path. */
export function at({ path, line }: FileLine): { readonly origin?: Origin } {
  return path === '' ? {} : { origin: { kind: 'file', path, ...(line === 0 ? {} : { line }) } };
}

/** {@link unset} as a command, as a spreadable property; nothing where it takes more than one. */
export function unsetFix(world: World, name: string): { readonly fix?: Fix } {
  const origin = world.env?.variables.get(name)?.origin;
  if (origin?.kind === 'process') return { fix: { action: 'unset', name } };
  if (origin?.kind !== 'goenv' || origin.path === undefined || origin.line === undefined) return {};
  return { fix: removal(world.env, name, origin.path, origin.line) };
}

/** `GOFLAGS`, or `line 3 (GOFLAGS=…) of FILE`. */
function listInWords(world: World, name: string): string {
  const origin = world.env?.variables.get(name)?.origin;
  if (origin?.kind !== 'goenv') return name;
  return `${linesInWords(world, name, origin.line)} (${name}=…) of ${origin.path ?? 'the GOENV file'}`;
}

/**
 * How to take a variable away, in words and, where it is one, as a command: a repair that is nothing more than that. Of a list only the words
 * that `isBad` names go, for the others are meant; where none is named, or what stays is not known, that is for a person.
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

/** `line 3`, or `lines 1 and 3` where a variable is set more than once. */
function linesInWords(world: World, name: string, line: number | undefined): string {
  const lines = linesOf(world.env, name).map(String);
  if (lines.length < 2) return `line ${line ?? '?'}`;
  return `lines ${lines.slice(0, -1).join(', ')} and ${lines.at(-1)}`;
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
      return `remove ${linesInWords(world, name, origin.line)} (${name}=…) from ${origin.path ?? 'the GOENV file'}`;
    case 'goroot':
      return `restore ${name} in ${origin.path ?? '$GOROOT/go.env'}`;
    default:
      return `set ${name} back to its default`;
  }
}
