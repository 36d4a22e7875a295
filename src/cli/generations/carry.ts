/**
 * Takes over undamaged entries of one generation of a build cache into another: before a swap, while builds
 * go on, and after one that was interrupted.
 */
import { parseCacheAction } from '../../go/cache-action.ts';
import { addCarried, type Carried, carryFolder, nothingCarried } from '../../host/cache-carry.ts';
import { prefixes } from '../../observe/collectors/cache/scan.ts';

/** Called after each folder. */
type Progress = (done: number, of: number) => void;

const parse = (text: Uint8Array, action: string) => {
  const entry = parseCacheAction(text, action);
  return typeof entry === 'string' ? undefined : entry;
};

/**
 * Takes over undamaged entries, folder by folder, and yields to the event loop in between. Throws the
 * system's error.
 */
export async function carry(
  from: string,
  to: string,
  unwanted: ReadonlySet<string>,
  progress: Progress,
): Promise<Carried> {
  let sum = nothingCarried;
  for (const [index, prefix] of prefixes.entries()) {
    sum = addCarried(sum, carryFolder({ from, to, parse, unwanted }, prefix));
    progress(index + 1, prefixes.length);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return sum;
}

/** Most rounds of taking over what builds made meanwhile; each is shorter than the one before. */
const mostRounds = 5;

/**
 * Takes over entries until a round finds nothing new. The counts of damaged and unwanted entries are those of
 * the last round. Throws the system's error.
 */
export async function takeOver(
  from: string,
  to: string,
  unwanted: ReadonlySet<string>,
  progress: Progress,
): Promise<Carried> {
  let carried = nothingCarried;
  for (let round = 0; round < mostRounds; round++) {
    const more = await carry(from, to, unwanted, progress);
    carried = { ...addCarried(carried, more), unsound: more.unsound, unwanted: more.unwanted };
    if (more.carried + more.outputs === 0) break;
  }
  return carried;
}
