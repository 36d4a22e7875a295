/** Renders the answer of `godrift what-if` for a terminal. Pure: document in, text out. */
import { counted } from '../catalog/counted.ts';
import { visible } from '../catalog/visible.ts';
import type { WhatIfDocument, WhatIfMember, WhatIfVerdict } from '../explain/what-if/model.ts';
import type { Palette } from '../tell/reports/render.ts';

/** Most members of a group that are listed by name. */
const named = 5;

const words: Readonly<Record<WhatIfVerdict['outcome'], string>> = {
  local: 'the go on PATH',
  path: 'switches to one on PATH',
  cached: 'switches to one of the module cache',
  download: 'downloads it',
  forbidden: 'refuses: the checksum database is off',
  invalid: 'refuses: a setting or line is invalid',
  'not-found': 'refuses: it is not there',
};

/** Describes a verdict: `go1.27.4 the go on PATH`, `go1.27.0 downloads it`. */
function verdictText({ outcome, version, refuses_module: refuses }: WhatIfVerdict): string {
  const go = version === undefined ? '' : `go${visible(version)} `;
  return `${go}${words[outcome]}${refuses === true ? ', and it refuses the module as too new' : ''}`;
}

/** Joins all answers into one line. */
const answersText = (answers: readonly WhatIfVerdict[]): string =>
  answers.length === 0 ? 'unknown' : answers.map(verdictText).join('; or ');

/** Returns a line for each rare condition, with all answers that are possible under it. */
function unlessLines({ unless }: WhatIfMember): readonly string[] {
  const answers = new Map<string, WhatIfVerdict[]>();
  for (const { when, ...verdict } of unless) answers.set(when, [...(answers.get(when) ?? []), verdict]);
  return [...answers].map(([when, verdicts]) => `${when}: ${answersText(verdicts)}`);
}

/** Returns a key of a member's answer: members with the same answer are printed once. */
function kindOf(member: WhatIfMember): string {
  const { before, after, unless, unknown, appear, go, leaves_line: leaves } = member;
  const ids = (list: readonly { rule: string; key: string }[]) =>
    list.map(({ rule, key }) => `${rule} ${key}`);
  return JSON.stringify([
    before,
    after,
    unless,
    unknown,
    [appear.certain, appear.possible, go.certain, go.possible].map(ids),
    leaves,
  ]);
}

const listOf = (members: readonly WhatIfMember[]) =>
  `${members
    .slice(0, named)
    .map(({ name }) => visible(name))
    .join(', ')}${members.length > named ? ` and ${members.length - named} more` : ''}`;

function kindLines(members: readonly WhatIfMember[], palette: Palette): readonly string[] {
  const { bold, dim, red, green, yellow } = palette;
  const [first] = members as [WhatIfMember];
  const { before, after, unknown, appear, go, leaves_line: leaves } = first;
  const rows: readonly (readonly [string, string])[] = [
    ['now', before === undefined ? 'unknown' : verdictText(before)],
    ['then', bold(answersText(after))],
    ...unlessLines(first).map((line): [string, string] => ['unless', line]),
    ...unknown.map((one): [string, string] => ['unknown', one]),
    ...appear.certain.map(({ level, rule, summary }): [string, string] => [
      'comes',
      `${(level === 'major' ? red : yellow)(level)}  ${rule}  ${visible(summary)}`,
    ]),
    ...appear.possible.map(({ rule, key }): [string, string] => [
      'may come',
      dim(`${rule}  ${visible(key)}`),
    ]),
    ...go.certain.map(({ rule, key }): [string, string] => ['goes', green(`${rule}  ${visible(key)}`)]),
    ...go.possible.map(({ rule, key }): [string, string] => ['may go', dim(`${rule}  ${visible(key)}`)]),
    ...(leaves === true ? [['leaves', yellow("its pool's line")] as [string, string]] : []),
  ];
  return [
    `${bold(String(members.length))}  ${listOf(members)}`,
    ...rows.map(([title, text]) => `   ${dim(title.padEnd(8))}  ${text}`),
  ];
}

/**
 * Renders the text, ending in a newline. Members with the same answer form a group; the largest group comes
 * first.
 */
export function renderWhatIf(document: WhatIfDocument, palette: Palette): string {
  const kinds = new Map<string, WhatIfMember[]>();
  for (const member of document.members) {
    const kind = kindOf(member);
    const group = kinds.get(kind);
    if (group === undefined) kinds.set(kind, [member]);
    else group.push(member);
  }
  const groups = [...kinds.values()].sort((a, b) => b.length - a.length);
  const changed = document.changes.map(({ key, value }) => visible(`${key}=${value}`)).join('  ');
  const pools = document.pools
    .filter(({ line_before: before, line_after: after }) => before !== undefined || after !== undefined)
    .map(
      ({ pool, members, line_before: before, line_after: after, leave }) =>
        `pool ${visible(pool || '(none)')}: ${counted(members, 'member')}, line ${before ?? 'unknown'} → ${after ?? 'unknown'}${leave.length === 0 ? '' : palette.yellow(`, ${leave.length} leave it`)}`,
    );
  const unread = document.unread
    .slice(0, named)
    .map(({ file, why }) => `not read: ${visible(file)}: ${visible(why)}`);
  const lines = [
    `${palette.bold('what if')}  ${changed}`,
    ...groups.flatMap((group) => ['', ...kindLines(group, palette)]),
    ...(pools.length === 0 ? [] : ['', ...pools]),
    ...(unread.length === 0 ? [] : ['', ...unread]),
    ...(document.unread.length > named ? [`and ${document.unread.length - named} more files not read`] : []),
  ];
  return `${lines.join('\n')}\n`;
}
