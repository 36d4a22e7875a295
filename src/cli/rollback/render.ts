/** Renders a rollback plan for a terminal. */
import { visible } from '../../catalog/visible.ts';
import { shellCommand } from '../../drift/shell-word.ts';
import { stateText } from '../../undo/steps/entry.ts';
import { treeText } from '../../undo/steps/tree.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import type { PlanDocument, ShownState } from './document.ts';

function shownText(state: ShownState): string {
  if (state.kind === 'entry') return state.what;
  return state.kind === 'tree' ? treeText(state) : stateText(state);
}

/** Describes the record that a plan restores. */
function toWhat({ record }: PlanDocument): string {
  if (record === undefined) return 'by the hashes in the names of its entries';
  const by = record.who === undefined ? '' : ` by ${record.who}`;
  const why = record.why === undefined ? '' : `: ${record.why}`;
  return `to what ${record.approved ? 'was accepted' : 'stood there'} ${record.time}${visible(by + why)}`;
}

/**
 * Returns the lines about the confirmation of a rollback: the deadline, what happens then, and who reverts it
 * where no exporter runs (`isAlone`). Empty for a rollback that needs none.
 */
export function confirmLines({ id, confirm_by: by }: PlanDocument, isAlone = false): string {
  if (id === undefined || by === undefined) return '';
  const who = isAlone
    ? 'the next exporter puts back what was there before'
    : 'what was there before comes back by itself';
  return `${visible(`${who} at ${by}, unless: godrift confirm ${id}`)}\n${visible(`to have it back now: godrift deny ${id}`)}\n`;
}

/** Renders the whole plan, ending in a newline. */
export function renderPlan(terminal: Terminal, document: PlanDocument): string {
  const { facet, target, steps, left, refusals } = document;
  const { bold, dim, red, yellow, green } = colorsFor(terminal);
  const lines = [`${bold(`rollback of ${facet}`)} of ${visible(target)} ${toWhat(document)}`];
  if (steps.length === 0 && refusals.length === 0) lines.push(green('nothing to put back'));
  for (const { kind, what, path, precondition, verify, changes = [], runs } of steps) {
    lines.push(`  ${bold(kind)}  ${visible(path)}  ${dim(what)}`);
    lines.push(`      ${dim(`now:  ${visible(shownText(precondition))}`)}`);
    lines.push(`      ${dim(`then: ${visible(shownText(verify))}`)}`);
    if (runs !== undefined)
      lines.push(`      ${dim(visible(`runs: ${shellCommand([...runs.settings, ...runs.argv])}`))}`);
    for (const { name, now = '(none)', then = '(none)', hidden } of changes)
      lines.push(
        `      ${visible(`${name}  ${now} → ${then}`)}${hidden === true ? ' (the difference is hidden)' : ''}`,
      );
  }
  for (const { key, why: reason } of left)
    lines.push(`  ${yellow('stays')}  ${visible(key)}: ${visible(reason)}`);
  for (const reason of refusals) lines.push(`  ${red('refused')}  ${visible(reason)}`);
  return `${lines.join('\n')}\n`;
}
