/** `godrift targets`: lists the targets of a running exporter, asked over its admin socket. */
import { counted } from '../../catalog/counted.ts';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { CheckDocument } from '../../tell/reports/document.ts';
import { type InspectOptions, stateDirectoryOf } from '../inspect.ts';
import { askExporter } from '../record.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

const unreadFacets = ({ facets }: CheckDocument) =>
  Object.entries(facets).flatMap(([facet, status]) => (status === 'unreadable' ? [facet] : []));

/** Returns the level to show; `unreadable` instead of `none` if anything could not be read. */
const wordOf = (document: CheckDocument) =>
  document.level === 'none' && (document.unreadable !== undefined || unreadFacets(document).length > 0)
    ? 'unreadable'
    : document.level;

/** Returns the number of findings and what could not be read. */
function foundIn(document: CheckDocument): string {
  const { findings, unreadable } = document;
  if (unreadable !== undefined && findings.length === 0) return unreadable;
  const facets = unreadFacets(document);
  const unread = unreadable ?? (facets.length === 0 ? undefined : `${facets.join(', ')} not read`);
  return `${counted(findings.length, 'finding')}${unread === undefined ? '' : `, ${unread}`}`;
}

/**
 * Prints one line for each target, or all documents as JSON; returns 0. Throws AppError if no exporter
 * answers.
 */
export async function runTargets(
  terminal: Terminal,
  options: InspectOptions & { readonly json: boolean; readonly snapshots: boolean },
): Promise<number> {
  const directory = stateDirectoryOf(terminal, options);
  const query = options.snapshots ? '?snapshots=true' : '';
  const answer = await askExporter(directory, { method: 'GET', path: `/api/v1/targets${query}` });
  if (!answer.ok || answer.status !== 200) {
    const why = answer.ok
      ? `it answered ${answer.status}`
      : answer.refused
        ? 'no exporter is running there'
        : answer.why;
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
  const paint = { none: green, patch: cyan, minor: yellow, major: red, unreadable: red };
  const width = Math.max(...documents.map((one) => one.target.length), 0);
  const wordWidth = Math.max(...documents.map((one) => wordOf(one).length), 5);
  for (const document of documents) {
    const { target, workspace, baseline } = document;
    const word = wordOf(document);
    const from =
      baseline.kind === 'none' ? 'no baseline yet' : `baseline ${baseline.source ?? baseline.kind}`;
    terminal.stdout.write(
      `${bold(visible(target).padEnd(width))}  ${paint[word](word.padEnd(wordWidth))}  ${foundIn(document)}  ${visible(workspace || 'this host')}  ${visible(from)}\n`,
    );
  }
  return 0;
}
