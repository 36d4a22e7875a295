/** `godrift what-if`: predicts what a change would do to saved snapshots, or to the current workspace. */
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

/** Options of `godrift what-if`. */
export interface WhatIfOptions {
  readonly set: readonly string[];
  readonly go?: string;
  readonly fleet?: string;
  readonly json: boolean;
}

/** Limits of a fleet directory: the depth of folders, and the number of files. */
const [deepest, mostFiles] = [6, 50_000];

/** A saved snapshot and the pool (top-level folder of the fleet) that it belongs to. */
interface Saved {
  readonly file: string;
  readonly name: string;
  readonly pool: string;
}

/** A file or folder of a fleet that was not read, by its name in the fleet. */
type Unread = WhatIfDocument['unread'][number];

/**
 * Returns the saved snapshots below a directory and the folders that cannot be listed. Throws AppError beyond
 * `mostFiles` snapshots.
 */
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

/**
 * Reports whether the change does harm: a build that worked would be refused, or a new conflict would appear.
 */
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
 * Predicts the effect of a change on each snapshot, or on the current workspace if no snapshot is given.
 * Returns 1 if the change does harm, else 0. Throws AppError for unusable changes and files; for unreadable
 * files of a fleet only after printing the answer for the others, since their effect is unknown.
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
      // Read one at a time: the entries of a whole fleet would not fit into memory.
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
    'rewrite or remove the files listed as not read',
  );
}
