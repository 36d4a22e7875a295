/** `godrift what-if`: saved snapshots in, or the workspace where one stands, and what a change would do to each of them out. */
import path from 'node:path';
import { counted } from '../../catalog/counted.ts';
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { parseChanges } from '../../explain/what-if/changes.ts';
import { type Memo, whatIfMember, withPools } from '../../explain/what-if/member.ts';
import type { WhatIfDocument, WhatIfMember } from '../../explain/what-if/model.ts';
import { readSaved } from '../../explain/what-if/read.ts';
import { isDirectory, listNames } from '../../host/files.ts';
import { systemClock } from '../../host/machine.ts';
import { readInput } from '../given-input.ts';
import { withSpinner } from '../spinner.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { whatIfHere } from '../what-if-here.ts';
import { renderWhatIf } from '../what-if-text.ts';

export interface WhatIfOptions {
  readonly set: readonly string[];
  readonly go?: string;
  readonly fleet?: string;
  readonly json: boolean;
}

/** Folders below each other, and files, that are looked at. */
const [deepest, mostFiles] = [6, 50_000];

/** A file to be read, and the folder of the fleet that it lies in. */
interface Saved {
  readonly file: string;
  readonly name: string;
  readonly pool: string;
}

/** What was not read of a fleet, by its name there. */
type Unread = WhatIfDocument['unread'][number];

/** The saved snapshots below a directory, by name, and the folders that cannot be listed. AppError where there are more than anybody has. */
function fleetFiles(directory: string): {
  readonly found: readonly Saved[];
  readonly unread: readonly Unread[];
} {
  const found: Saved[] = [];
  const unread: Unread[] = [];
  const walk = (below: string, depth: number): void => {
    const listed = listNames({ root: '/', path: path.join(directory, below) });
    if (!listed.ok) unread.push({ file: path.join(below || '.', '/'), why: listed.why });
    for (const name of listed.ok ? listed.names : []) {
      const relative = path.join(below, name);
      const file = path.join(directory, relative);
      if (isDirectory({ root: '/', path: file })) {
        if (depth < deepest) walk(relative, depth + 1);
        else unread.push({ file: path.join(relative, '/'), why: `it is more than ${deepest} folders below` });
      } else if (name.endsWith('.snapshot') || name.endsWith('.json')) {
        if (found.length >= mostFiles)
          throw new AppError(
            `cannot read ${directory}`,
            `it holds more than ${mostFiles} snapshots`,
            'name a part of it',
          );
        const pool = relative.includes('/') ? (relative.split('/')[0] as string) : '';
        found.push({ file, name: relative.replace(/\.(snapshot|json)$/, '') || relative, pool });
      }
    }
  };
  walk('', 0);
  return { found, unread };
}

function filesOf(
  terminal: Terminal,
  snapshots: readonly string[],
  fleet: string | undefined,
): ReturnType<typeof fleetFiles> {
  const named = snapshots.map((file) => ({ file, name: file, pool: '' }));
  if (fleet === undefined) return { found: named, unread: [] };
  const directory = path.resolve(terminal.cwd, fleet);
  if (!isDirectory({ root: '/', path: directory }))
    throw new AppError(
      `cannot read ${visible(fleet)}`,
      'it is no directory',
      'name the directory of saved snapshots',
    );
  const { found, unread } = fleetFiles(directory);
  const files = [...named, ...found];
  if (files.length + unread.length > 0) return { found: files, unread };
  throw new AppError(
    'cannot say what would be',
    `there is no snapshot below ${visible(fleet)}`,
    'save some there',
  );
}

/** Whether somebody must be told: a build that passes is refused then, or a conflict comes that was not there. */
function isHarm({ before, after, appear }: WhatIfMember): boolean {
  const stops = ({ outcome, refuses_module: refuses }: WhatIfMember['after'][number]) =>
    refuses === true || ['forbidden', 'invalid', 'not-found'].includes(outcome);
  const stopped = before !== undefined && stops(before);
  return (
    (!stopped && after.length > 0 && after.every(stops)) ||
    appear.certain.some(({ level }) => level === 'minor' || level === 'major')
  );
}

/**
 * Answers for each snapshot, and where none is named for the workspace in which one stands. 1 where the change does harm, else 0. AppError for changes and files
 * that cannot be used, and behind the answer for those of a fleet that could not be read: nobody knows what would be there.
 */
export async function runWhatIf(
  terminal: Terminal,
  snapshots: readonly string[],
  options: WhatIfOptions,
): Promise<number> {
  const changes = parseChanges(options.set, options.go);
  const isHere = snapshots.length === 0 && options.fleet === undefined;
  const memo: Memo = new Map();
  const answered: WhatIfMember[] = isHere
    ? [
        await withSpinner(terminal.stderr, 'looking at the Go environment', () =>
          whatIfHere(terminal, changes),
        ),
      ]
    : [];
  const saved = isHere ? { found: [], unread: [] } : filesOf(terminal, snapshots, options.fleet);
  const unread: Unread[] = [...saved.unread];
  for (const { file, name, pool } of saved.found) {
    try {
      const bytes = await readInput(terminal, file, 'name a snapshot file, or - for standard input');
      // One after the other: a fleet of entries would not fit into memory.
      for (const sighting of readSaved({ name, pool, bytes }))
        answered.push(whatIfMember(sighting, changes, memo));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (options.fleet === undefined)
        throw new AppError(`cannot read ${visible(name)}`, error.why, error.todo);
      unread.push({ file: name, why: error.why });
    }
  }
  const { members, pools } = withPools(answered);
  const document: WhatIfDocument = {
    schema: 'godrift.what-if/1',
    time: new Date(systemClock()).toISOString(),
    version,
    changes: changes.given,
    members,
    pools,
    unread,
  };
  terminal.stdout.write(
    options.json ? `${visibleJson(document)}\n` : renderWhatIf(document, colorsFor(terminal)),
  );
  if (members.some(isHarm)) return 1;
  if (unread.length === 0) return 0;
  throw new AppError(
    `cannot answer for all of ${visible(options.fleet ?? '')}`,
    `${counted(unread.length, 'name')} in it could not be read`,
    'write anew what is said not to be read, or take it away',
  );
}
