/**
 * Compares two copies of a go.mod or go.work directive by directive, and restores chosen directives of the
 * older copy in the newer one. Comments and `retract` are left alone: they do not affect builds of the main
 * module.
 */
import { parseGoMod } from './gomod.ts';
import { parseGoWork } from './gowork.ts';
import { decodeModFile, parseModFileSyntax, tokenValue } from './modfile-lexer.ts';

/** The kind of a module file. */
export type ModFileKind = 'go.mod' | 'go.work';

/** A directive that differs between two copies, or that only one of them has. */
export interface DirectiveChange {
  /**
   * The part that identifies the directive: `require example.com/x`, `go`, `replace example.com/x v1.2.0`.
   */
  readonly id: string;
  readonly verb: string;
  /** Modules whose sums depend on the directive; for a replacement both sides. */
  readonly modules: readonly string[];
  /**
   * The value after `id` in the older copy, without quotes; `''` if there is none, undefined if the directive
   * is missing. For a repeated directive the values joined by commas, or `2 times` if it has no value.
   */
  readonly was?: string;
  /** The value in the newer copy, in the same form as `was`. */
  readonly now?: string;
  /** The directive as full lines of the older copy; empty if the directive is new. */
  readonly texts: readonly string[];
  /** Number of lines with the directive in the newer copy. */
  readonly count: number;
  /** First line of the directive in the newer copy, from 1. */
  readonly line?: number;
}

interface Directive {
  readonly verb: string;
  readonly modules: readonly string[];
  /** The part after the id, for each occurrence. */
  readonly values: string[];
  readonly lines: number[];
  /** The full line of each occurrence, for writing it again. */
  readonly texts: string[];
}

type Directives = ReadonlyMap<string, Directive>;

const unquoted = (token: string | undefined) => tokenValue(token ?? '').value;

/** Returns the number of arguments that identify a directive; the others are its value. */
function wordsOfId(verb: string, args: readonly string[]): number {
  switch (verb) {
    case 'module':
    case 'go':
    case 'toolchain':
      return 0;
    case 'require':
      return 1;
    case 'replace':
      return Math.max(args.indexOf('=>'), 1);
    default:
      return args.length;
  }
}

/** Splits a directive into id and value. The id of `godebug key=value` includes the key. */
function identity(verb: string, args: readonly string[]): { readonly id: string; readonly value: string } {
  if (verb === 'godebug') {
    const [key = '', ...value] = (args[0] ?? '').split('=');
    return { id: `${verb} ${key}`, value: value.join('=') };
  }
  const count = wordsOfId(verb, args);
  const about = args.slice(0, count).map(unquoted);
  return { id: [verb, ...about].join(' '), value: args.slice(count).map(unquoted).join(' ') };
}

function modulesOf(verb: string, args: readonly string[]): readonly string[] {
  if (verb === 'require' || verb === 'exclude') return [unquoted(args[0])];
  return verb === 'replace' ? [unquoted(args[0]), unquoted(args[args.indexOf('=>') + 1])] : [];
}

/** Returns the directives of a file by id; undefined if go refuses the file. */
function directivesOf(bytes: Uint8Array, kind: ModFileKind): Directives | undefined {
  const mod = kind === 'go.mod' ? parseGoMod(bytes) : undefined;
  if ((mod ?? parseGoWork(bytes)).problems.length > 0) return undefined;
  const indirect = new Set(mod?.require.filter((one) => one.indirect).map(({ line }) => line));
  const found = new Map<string, Directive>();
  const take = (verb: string, args: readonly string[], line: number): void => {
    if (verb === 'retract') return;
    const { id, value } = identity(verb, args);
    const known = found.get(id) ?? { verb, modules: modulesOf(verb, args), values: [], lines: [], texts: [] };
    const comment = indirect.has(line) ? ' // indirect' : '';
    known.values.push(`${value}${comment}`);
    known.texts.push(`${[verb, ...args].join(' ')}${comment}`);
    known.lines.push(line);
    found.set(id, known);
  };
  for (const { tokens, line, block } of parseModFileSyntax(decodeModFile(bytes), kind).statements) {
    const [verb = '', ...args] = tokens;
    if (block === undefined) take(verb, args, line);
    else for (const inside of block) take(verb, inside.tokens, inside.line);
  }
  return found;
}

/**
 * Formats the values of a directive (see {@link DirectiveChange.was}); undefined if the directive is missing.
 */
function saidOf(values: readonly string[] | undefined): string | undefined {
  if (values === undefined || values.length < 2 || values.some((value) => value !== ''))
    return values?.join(', ');
  return `${values.length} times`;
}

/**
 * Returns the differences, in the order of the older copy and then of the newer one; undefined if go refuses
 * one of the copies.
 */
export function directiveChanges(
  was: Uint8Array,
  now: Uint8Array,
  kind: ModFileKind,
): readonly DirectiveChange[] | undefined {
  const [old, fresh] = [directivesOf(was, kind), directivesOf(now, kind)];
  if (old === undefined || fresh === undefined) return undefined;
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((id): readonly DirectiveChange[] => {
    const [before, after] = [old.get(id), fresh.get(id)];
    const [from, to] = [saidOf(before?.values), saidOf(after?.values)];
    const { verb, modules } = before ?? (after as Directive);
    if (from === to) return [];
    return [
      {
        id,
        verb,
        modules: [...new Set([...modules, ...(after?.modules ?? [])])],
        ...(from === undefined ? {} : { was: from }),
        ...(to === undefined ? {} : { now: to }),
        texts: before?.texts ?? [],
        count: after?.lines.length ?? 0,
        ...(after?.lines[0] === undefined ? {} : { line: after.lines[0] }),
      },
    ];
  });
}

/** Returns the newer copy with these directives restored from the older one. Go must accept both copies. */
export function restoreDirectives(
  was: Uint8Array,
  now: Uint8Array,
  kind: ModFileKind,
  ids: ReadonlySet<string>,
): Uint8Array {
  const [old, fresh] = [directivesOf(was, kind), directivesOf(now, kind)];
  const gone = new Set([...ids].flatMap((id) => fresh?.get(id)?.lines ?? []));
  const kept = decodeModFile(now)
    .split('\n')
    .filter((_, index) => !gone.has(index + 1));
  const back = [...ids].flatMap((id) => old?.get(id)?.texts ?? []);
  return new TextEncoder().encode(`${[...kept, ...back].join('\n').replace(/\n+$/, '')}\n`);
}
