/** Parts of what differs in go.mod with go.sum, and in go.work: their lines, each of which a world can have as it was (decision 0133). */
import path from 'node:path';
import { weighChange } from '../../drift/distance.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { Atom, Change, Part } from '../../explain/blame/atom.ts';
import { parseGoSum } from '../../go/gosum.ts';
import { type SumChange, sumChanges } from '../../go/gosum-merge.ts';
import { type DirectiveChange, directiveChanges, type ModFileKind } from '../../go/modfile-merge.ts';
import { readEntry } from '../../host/entry-state.ts';
import { isSystemError } from '../../host/errors.ts';

/** A file of modules in both of its states. */
interface Both {
  readonly path: string;
  readonly name: 'go.mod' | 'go.work' | 'sums';
  readonly was: Uint8Array;
  readonly now: Uint8Array;
  readonly mode: number;
}

/** Sums decide once go.mod has them; of the rest what is heavier as a drift is likelier. */
const likelihoods = { replaced: 1, gone: 0.05, other: 0.3, replace: 0.8, comment: 0.02 } as const;

/** The kind of file by its name; GOWORK may name another one than go.work. */
function nameOf(file: string): Both['name'] | undefined {
  const base = path.basename(file);
  if (base === 'go.mod') return base;
  if (base === 'go.sum' || base.endsWith('.work.sum')) return 'sums';
  return base.endsWith('.work') ? 'go.work' : undefined;
}

/** Both states of a file; undefined where it is no file in one of them, or is none of these. A file of sums that is not there has none. */
async function bothOf(change: Change): Promise<Both | undefined> {
  if (change.do !== 'write' && change.do !== 'remove') return undefined;
  const name = nameOf(change.path);
  const { state, bytes } = await readEntry(change.path).catch((error: unknown) => {
    // What cannot be read has no lines that could be told.
    if (isSystemError(error)) return { state: { kind: 'other' } as const, bytes: undefined };
    throw error;
  });
  const isThere = state.kind === 'file' && bytes !== undefined;
  const mode = change.do === 'write' ? change.mode : state.kind === 'file' ? state.mode : 0o644;
  if (name === undefined || (state.kind !== 'file' && state.kind !== 'absent')) return undefined;
  if (name !== 'sums' && (!isThere || change.do === 'remove')) return undefined;
  const was = change.do === 'write' ? change.bytes : new Uint8Array();
  return { path: change.path, name, was, now: bytes ?? new Uint8Array(), mode };
}

const versionOf = (value: string | undefined) => value?.replace(' // indirect', '');

function likelihoodOf({ verb, modules, was, now }: DirectiveChange): number {
  if (versionOf(was) === versionOf(now)) return likelihoods.comment;
  if (verb === 'replace') return likelihoods.replace;
  if (verb !== 'require') return likelihoods.other;
  const [old, fresh] = [versionOf(was), versionOf(now)];
  const sides = { ...(old === undefined ? {} : { old }), ...(fresh === undefined ? {} : { new: fresh }) };
  return 0.02 + weighChange({ key: `modules.${modules[0] ?? ''}`, ...sides }, new Set()).weight;
}

/** A replacement as flags have it: `example.com/x v1.2.0` is a module in a version, and a folder may have blanks in its name. */
function replacementOf(value: string): string {
  const by = value.replace(/^=> /, '');
  return /^\.{0,2}(?:\/|$)/.test(by) ? by : by.replace(' ', '@');
}

/**
 * Whether a flag makes a directive what it was. What was said several times no flag says, nor does one take away that something is said twice now; `// indirect` is none of
 * theirs; go writes what it ignores without the quotes that it needs; and of what cannot be shown nobody copies a command.
 */
function hasFlag({ id, verb, was, now, texts, count }: DirectiveChange): boolean {
  if (/\p{C}/u.test(`${id}${was ?? ''}`) || texts.length > 1) return false;
  if (verb === 'ignore' && !/^[\w./-]+$/.test(id.slice(verb.length + 1))) return false;
  if (was === undefined) return true;
  return versionOf(was) !== versionOf(now) && (count < 2 || verb === 'require');
}

/** The flag of `go mod edit` or `go work edit` that makes a directive what it was. */
function flagOf({ id, verb, was }: DirectiveChange): string {
  const about = id.slice(verb.length + 1);
  const [name = '', version] = about.split(' ');
  const at = version === undefined ? name : `${name}@${version}`;
  const value = versionOf(was) ?? '';
  const isGone = was === undefined;
  switch (verb) {
    case 'require':
      return isGone ? `-droprequire=${name}` : `-require=${name}@${value}`;
    case 'replace':
      return isGone ? `-dropreplace=${at}` : `-replace=${at}=${replacementOf(value)}`;
    case 'exclude':
      return `-${isGone ? 'drop' : ''}exclude=${at}`;
    case 'godebug':
      return isGone ? `-dropgodebug=${about}` : `-godebug=${about}=${value}`;
    case 'go':
    case 'toolchain':
      return `-${verb}=${isGone ? 'none' : value}`;
    case 'module':
      return `-module=${value}`;
    default:
      return `-${isGone ? 'drop' : ''}${verb}=${about}`;
  }
}

/** What a person does to have a directive as it was. `isOtherGo`: the file asks for another go than it did. */
function repairOf(file: string, kind: ModFileKind, change: DirectiveChange, isOtherGo: boolean): string {
  const { id, was, now, texts } = change;
  if (!hasFlag(change)) {
    if (was === undefined) return `take ${id} out of ${file}`;
    const lines = `put ${texts.length === 1 ? 'the line' : 'the lines'} ${texts.join(' and ')} back into ${file}`;
    return now === undefined ? lines : `${lines}, in place of what it has of ${id}`;
  }
  // A go that is too old for the lines of today would get a newer one to edit them with.
  const local = isOtherGo ? 'GOTOOLCHAIN=local ' : '';
  return `${local}go ${kind === 'go.mod' ? 'mod' : 'work'} edit ${shellWord(flagOf(change))} ${shellWord(file)}`;
}

/** What is told: of what has no more to it than itself, the verb and the rest. */
function told({ id, verb, was, now }: DirectiveChange): Pick<Part, 'title' | 'from' | 'to'> {
  const isWhole = [was, now].every((side) => (side ?? '') === '');
  const about = id.slice(verb.length + 1);
  const value = (side: string | undefined) => (isWhole ? about : side);
  return {
    title: isWhole ? verb : id,
    ...(was === undefined ? {} : { from: value(was) || 'once' }),
    ...(now === undefined ? {} : { to: value(now) || 'once' }),
  };
}

/** A sum that is another one now, or those of a module that are gone. */
function sumPart({ path: file, was: older, now: newer, mode }: Both, change: SumChange): Part {
  const { module, keys, was, now, line } = change;
  const [first] = keys;
  const isGone = now === undefined;
  return {
    id: `${file} ${first}`,
    likelihood: isGone ? likelihoods.gone : likelihoods.replaced,
    ...(isGone ? { isSeldom: true } : { to: now }),
    file,
    ...(line === undefined ? {} : { line }),
    title: isGone ? `sums of ${module}` : `sum of ${first}`,
    from: was,
    changes: [{ do: 'sums', path: file, keys, was: older, now: newer, mode }],
    repair: `put the ${isGone ? 'lines' : 'line'} of ${isGone ? `${module} (${was})` : `${first} (${was})`} back into ${file}`,
  };
}

interface Sums {
  readonly module: string;
  readonly part: Part;
}

/** Directives that differ, each with the sums of its modules that are gone; undefined where go refuses one of the copies. */
function directiveParts(
  { path: file, was, now, mode }: Both,
  kind: ModFileKind,
  sums: readonly Sums[],
): readonly Part[] | undefined {
  const changes = directiveChanges(was, now, kind);
  const isOtherGo = changes?.some(({ verb }) => verb === 'go' || verb === 'toolchain') ?? false;
  return changes?.map((change): Part => {
    const belongs = sums.flatMap(({ module, part }) =>
      part.isSeldom === true && change.modules.includes(module) ? [part.id] : [],
    );
    return {
      id: `${file} ${change.id}`,
      likelihood: likelihoodOf(change),
      file,
      ...(change.line === undefined ? {} : { line: change.line }),
      ...told(change),
      ...(belongs.length === 0 ? {} : { belongs }),
      changes: [{ do: 'directives', path: file, file: kind, ids: [change.id], was, now, mode }],
      repair: repairOf(file, kind, change, isOtherGo),
    };
  });
}

/**
 * The parts of an atom; none where it is looked at as a whole: it is of no such files, one of them is there on one side alone, is a link, cannot be read, or is none
 * that go takes.
 */
export async function moduleParts({ key, kind, changes }: Atom): Promise<readonly Part[]> {
  if (kind !== 'difference' || !/^modules\.go_(?:mod|work)$/.test(key)) return [];
  const files: Both[] = [];
  for (const change of changes) {
    const both = await bothOf(change);
    if (both === undefined) return [];
    files.push(both);
  }
  const ofSums = files.filter(({ name }) => name === 'sums');
  if (ofSums.some(({ now }) => now.length === 0 || parseGoSum(now).problem !== undefined)) return [];
  const sums = ofSums.flatMap((both) =>
    sumChanges(both.was, both.now).map((change) => ({ module: change.module, part: sumPart(both, change) })),
  );
  const parts: Part[] = [];
  for (const both of files) {
    if (both.name === 'sums') continue;
    const found = directiveParts(both, both.name, sums);
    if (found === undefined) return [];
    parts.push(...found);
  }
  // In the order in which people put them back.
  return [...parts, ...sums.map(({ part }) => part)];
}
