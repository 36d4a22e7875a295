/** A plan as people read it. */
import { visible } from '../../catalog/visible.ts';
import { stateText } from '../../undo/execute.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import type { PlanDocument } from './document.ts';

/** The whole plan in lines. */
export function renderPlan(terminal: Terminal, document: PlanDocument): string {
  const { facet, target, record, steps, left, refusals } = document;
  const { bold, dim, red, yellow, green } = colorsFor(terminal);
  const by = record.who === undefined ? '' : ` by ${record.who}`;
  const why = record.why === undefined ? '' : `: ${record.why}`;
  const lines = [
    `${bold(`rollback of ${facet}`)} of ${visible(target)} to what ${record.approved ? 'was accepted' : 'stood there'} ${record.time}${visible(by + why)}`,
  ];
  if (steps.length === 0 && refusals.length === 0) lines.push(green('nothing to put back'));
  for (const { kind, what, path, precondition, verify, changes = [] } of steps) {
    lines.push(`  ${bold(kind)}  ${visible(path)}  ${dim(what)}`);
    lines.push(`      ${dim(`now:  ${visible(stateText(precondition))}`)}`);
    lines.push(`      ${dim(`then: ${visible(stateText(verify))}`)}`);
    for (const { name, now = '(none)', then = '(none)', hidden } of changes)
      lines.push(
        `      ${visible(`${name}  ${now} → ${then}`)}${hidden === true ? ' (what differs is hidden)' : ''}`,
      );
  }
  for (const { key, why: reason } of left)
    lines.push(`  ${yellow('stays')}  ${visible(key)}: ${visible(reason)}`);
  for (const reason of refusals) lines.push(`  ${red('refused')}  ${visible(reason)}`);
  return `${lines.join('\n')}\n`;
}
