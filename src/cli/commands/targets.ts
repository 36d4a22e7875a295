/** `godrift targets`: what a running exporter observes, from its admin socket. */
import { counted } from '../../catalog/counted.ts';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { CheckDocument } from '../../tell/reports/document.ts';
import { type InspectOptions, stateDirectoryOf } from '../inspect.ts';
import { askExporter } from '../record.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

/** Prints one line a target, or all documents as JSON; returns 0. Throws AppError when no exporter answers. */
export async function runTargets(
  terminal: Terminal,
  options: InspectOptions & { readonly json: boolean; readonly snapshots: boolean },
): Promise<number> {
  const directory = stateDirectoryOf(terminal, options);
  const query = options.snapshots ? '?snapshots=true' : '';
  const answer = await askExporter(directory, { method: 'GET', path: `/api/v1/targets${query}` });
  if (!answer.ok || answer.status !== 200) {
    const why = answer.ok ? `it answered ${answer.status}` : answer.refused ? 'none runs there' : answer.why;
    throw new AppError(
      `cannot ask the exporter of ${directory}`,
      why,
      'start godrift serve, or name its --state-directory',
    );
  }
  const documents = JSON.parse(answer.body) as readonly CheckDocument[];
  if (options.json || options.snapshots) {
    terminal.stdout.write(`${visibleJson(documents)}\n`);
    return 0;
  }
  const { bold, cyan, green, red, yellow } = colorsFor(terminal);
  const paint = { none: green, patch: cyan, minor: yellow, major: red };
  const width = Math.max(...documents.map((one) => one.target.length), 0);
  for (const { target, level, findings, workspace, baseline } of documents) {
    const count = counted(findings.length, 'finding');
    const from =
      baseline.kind === 'none' ? 'no baseline yet' : `baseline ${baseline.source ?? baseline.kind}`;
    terminal.stdout.write(
      `${bold(visible(target).padEnd(width))}  ${paint[level](level.padEnd(5))}  ${count}  ${visible(workspace || 'this host')}  ${visible(from)}\n`,
    );
  }
  return 0;
}
