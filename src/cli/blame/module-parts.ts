/**
 * Splits the difference of go.mod with go.sum, or of go.work, into its lines, each of which a world can undo
 * on its own (decision 0133).
 */
import path from 'node:path';
import { weighChange } from '../../drift/distance.ts';
import { shellWord } from '../../drift/shell-word.ts';
import type { Atom, Change, Part } from '../../explain/blame/atom.ts';
import { parseGoSum } from '../../go/gosum.ts';
import { type SumChange, sumChanges } from '../../go/gosum-merge.ts';
import { type DirectiveChange, directiveChanges, type ModFileKind } from '../../go/modfile-merge.ts';
import { readEntry } from '../../host/entry-state.ts';
import { isSystemError } from '../../host/errors.ts';

/** A module file in its approved and its current state. */
interface Both {
  readonly path: string;
  readonly name: 'go.mod' | 'go.work' | 'sums';
  readonly was: Uint8Array;
  readonly now: Uint8Array;
  readonly mode: number;
}

/**
 * Likelihoods of the kinds of lines. A replaced sum comes first, because go fails on it once go.mod requires
 * it; directives follow by the weight that they have as a drift.
 */
const likelihoods = { replaced: 1, gone: 0.05, other: 0.3, replace: 0.8, comment: 0.02 } as const;

/** Returns the kind of a file by its name. GOWORK may name a file that is not called go.work. */
function nameOf(file: string): Both['name'] | undefined {
  const base = path.basename(file);
  if (base === 'go.mod') return base;
  if (base === 'go.sum' || base.endsWith('.work.sum')) return 'sums';
  return base.endsWith('.work') ? 'go.work' : undefined;
}

/**
 * Reads both states of a file. Undefined where it is not a regular file in one of them, or not a module file.
 * A missing file of sums counts as an empty one.
 */
async function bothOf(change: Change): Promise<Both | undefined> {
  if (change.do !== 'write' && change.do !== 'remove') return undefined;
  const name = nameOf(change.path);
  const { state, bytes } = await readEntry(change.path).catch((error: unknown) => {
    // A file that cannot be read cannot be split into lines.
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

/**
 * Formats the target of a replace directive for a flag. `example.com/x v1.2.0` is a module with a version and
 * becomes `example.com/x@v1.2.0`; a folder may have spaces in its name and stays as it is.
 */
function replacementOf(value: string): string {
  const by = value.replace(/^=> /, '');
  return /^\.{0,2}(?:\/|$)/.test(by) ? by : by.replace(' ', '@');
}

/**
 * Reports whether a flag of `go mod edit` restores a directive. No flag can restore repeated directives,
 * remove a duplicate, or set `// indirect`. `go mod edit` writes ignore directives without the quotes that
 * they may need. A text with characters that cannot be displayed cannot be copied as a command.
 */
function hasFlag({ id, verb, was, now, texts, count }: DirectiveChange): boolean {
  if (/\p{C}/u.test(`${id}${was ?? ''}`) || texts.length > 1) return false;
  if (verb === 'ignore' && !/^[\w./-]+$/.test(id.slice(verb.length + 1))) return false;
  if (was === undefined) return true;
  return versionOf(was) !== versionOf(now) && (count < 2 || verb === 'require');
}

/** Returns the flag of `go mod edit` or `go work edit` that restores a directive. */
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

/**
 * Describes how to restore a directive by hand. `isOtherGo`: the file now asks for another go version than
 * before.
 */
function repairOf(file: string, kind: ModFileKind, change: DirectiveChange, isOtherGo: boolean): string {
  const { id, was, now, texts } = change;
  if (!hasFlag(change)) {
    if (was === undefined) return `take ${id} out of ${file}`;
    const lines = `put ${texts.length === 1 ? 'the line' : 'the lines'} ${texts.join(' and ')} back into ${file}`;
    return now === undefined ? lines : `${lines}, in place of what it has of ${id}`;
  }
  // Without it, a go that is older than the current go line would switch to a newer one for the edit.
  const local = isOtherGo ? 'GOTOOLCHAIN=local ' : '';
  return `${local}go ${kind === 'go.mod' ? 'mod' : 'work'} edit ${shellWord(flagOf(change))} ${shellWord(file)}`;
}

/**
 * Returns the title and the two values of a part. A directive without a value (`exclude`, `ignore`) is shown
 * as its verb, and the rest of it as the value.
 */
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

/** Returns the part for a changed sum, or for the missing sums of a module. */
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

/**
 * Returns a part for each directive that differs, linked to the missing sums of its modules. Undefined where
 * go cannot parse one of the two versions.
 */
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
 * Splits an atom into its parts. Returns none for an atom that must be undone as a whole: not a difference of
 * module files, or a file that exists on one side only, is a symlink, cannot be read, or cannot be parsed by
 * go.
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
  // Directives before sums: the order in which people restore them.
  return [...parts, ...sums.map(({ part }) => part)];
}
