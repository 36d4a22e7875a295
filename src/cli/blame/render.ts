/** Renders the answer of `godrift blame` for a terminal. */
import { visible } from '../../catalog/visible.ts';
import { writerText } from '../../drift/probable-writer.ts';
import { shellCommand } from '../../drift/shell-word.ts';
import { type BlameDocument, type BlamedCause, entryText } from '../../explain/blame/answer.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

type Palette = ReturnType<typeof colorsFor>;

/** Most untried differences that are listed; a longer list helps no reader. */
const mostFixed = 10;

function seenLine(proven: boolean, isAlone: boolean, palette: Palette): string {
  if (proven) return palette.green('the command was seen to pass without it');
  return palette.yellow(
    isAlone
      ? 'it could not be undone here; go alone was seen to fail the same way, in an empty module without any settings'
      : 'undoing it alone was not seen to make the command pass',
  );
}

/**
 * Returns who probably wrote the files of a cause, without duplicates: several entries may come from one
 * file.
 */
const writersOf = ({ entries }: BlamedCause): readonly string[] => [
  ...new Set(entries.flatMap(({ writers = [] }) => writers.map(writerText))),
];

function causeLines(cause: BlamedCause, palette: Palette): readonly string[] {
  const { message, repair, proven, alone } = cause;
  const entries = cause.entries.map((entry) => palette.bold(visible(entryText(entry))));
  return [
    ...(entries.length === 1
      ? [`broken by ${entries.join('')}`]
      : ['broken by these together, and by none of them alone:', ...entries.map((entry) => `  ${entry}`)]),
    ...(message === '' ? [] : [`  says:   ${visible(message)}`]),
    ...writersOf(cause).map((writer) => `  writer: ${visible(writer)}`),
    ...repair.map((one) => `  repair: ${visible(one)}`),
    `  ${seenLine(proven, alone === true, palette)}`,
  ];
}

/** Summarises in one line what was tried. */
function triedLine({ worlds, trials, differences, against, seconds }: BlameDocument): string {
  const count = (verdict: string) => trials.filter((world) => world.verdict === verdict).length;
  const odd = count('unresolved');
  return `tried ${worlds} worlds in ${seconds.toFixed(1)} s: ${count('fails')} failed, ${count('passes')} passed${odd === 0 ? '' : `, ${odd} failed in another way`}; ${differences} differences from ${against}`;
}

function headLines(document: BlameDocument, palette: Palette): readonly string[] {
  const { result, causes, message, why, left, command } = document;
  const said = message === '' ? [] : [`  says:   ${visible(message)}`];
  switch (result) {
    case 'passes':
      return [`${palette.green('ok')}  ${visible(shellCommand(command))} passes in the present world`];
    case 'found':
      return causes.flatMap((cause) => causeLines(cause, palette));
    case 'stopped':
      return [
        `stopped: ${left.length === 0 ? 'nothing is known yet' : `it is among ${left.map(visible).join(', ')}`}`,
        ...said,
      ];
    case 'flaky':
    case 'not-reproduced':
      return [`${palette.yellow('no cause found')}: ${visible(why ?? '')}`, ...said];
  }
}

/** Renders the answer as lines, ending in a newline. */
export function renderBlame(terminal: Terminal, document: BlameDocument): string {
  const palette = colorsFor(terminal);
  const { fixed, result } = document;
  const shown = result === 'not-reproduced' || result === 'stopped' ? fixed.slice(0, mostFixed) : [];
  const lines = [
    ...headLines(document, palette),
    ...shown.map(({ key, why }) => palette.dim(`  not tried: ${visible(key)}: ${visible(why)}`)),
    ...(fixed.length > shown.length && shown.length > 0
      ? [palette.dim(`  and ${fixed.length - shown.length} more`)]
      : []),
    palette.dim(visible(triedLine(document))),
  ];
  return `${lines.join('\n')}\n`;
}
