/**
 * Two copies of a go.mod or go.work, directive by directive: what differs, and the newer copy with some directives as the older one has them. Comments and
 * `retract` decide no build of the main module and are left as they are.
 */
import { parseGoMod } from './gomod.ts';
import { parseGoWork } from './gowork.ts';
import { decodeModFile, parseModFileSyntax, tokenValue } from './modfile-lexer.ts';

/** Which of the two languages a file is written in. */
export type ModFileKind = 'go.mod' | 'go.work';

/** A directive that two copies have otherwise, or that only one of them has. */
export interface DirectiveChange {
  /** What is the same in both: `require example.com/x`, `go`, `replace example.com/x v1.2.0`. */
  readonly id: string;
  readonly verb: string;
  /** Modules whose sums the directive decides about: both sides of a replacement. */
  readonly modules: readonly string[];
  /** What it said, behind what is the same and without quotes; `''` where that is all of it. Said several times it is all of them, or how often. */
  readonly was?: string;
  readonly now?: string;
  /** The lines of the older copy, as they are written; none where it is new. */
  readonly texts: readonly string[];
  /** How often the newer copy says it. */
  readonly count: number;
  /** Where it stands in the newer copy, from 1. */
  readonly line?: number;
}

interface Directive {
  readonly verb: string;
  readonly modules: readonly string[];
  /** What follows the part that is the same, one for each time that it is said. */
  readonly values: string[];
  readonly lines: number[];
  /** Whole lines, to be written again. */
  readonly texts: string[];
}

type Directives = ReadonlyMap<string, Directive>;

const unquoted = (token: string | undefined) => tokenValue(token ?? '').value;

/** How many words of a directive say what it is about; the others say what is said of it. */
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

/** `godebug key=value` is about the key. */
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

/** The directives of a file that go takes; undefined for one that it refuses. */
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

/** What a directive says; undefined where it is not there. */
function saidOf(values: readonly string[] | undefined): string | undefined {
  if (values === undefined || values.length < 2 || values.some((value) => value !== ''))
    return values?.join(', ');
  return `${values.length} times`;
}

/** What differs, in the order of the older copy and then of the newer one; undefined where go refuses one of them. */
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

/** The newer copy with these directives as the older one has them. Both are files that go takes. */
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
