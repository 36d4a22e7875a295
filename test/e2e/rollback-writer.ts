/** A program that starts on a place as rollback-change.ts says, and tells the result of its change. Killed and refused by its test at calls of the system. */
import { open } from 'node:fs/promises';
import process from 'node:process';
import { startOn } from './rollback-change.ts';
import type { Kind } from './rollback-kinds.ts';

const [home = '', state = '', what = 'change', kind = 'names'] = process.argv.slice(2);

/**
 * strace counts calls by thread, and a kill comes with the first thread that has made so many. The openings of the pool's thread, which makes most of the changes, get numbers
 * beyond those that the main thread needs to start.
 */
async function openInVain(): Promise<void> {
  for (let count = 0; count < 24; count++) await (await open('/dev/null')).close();
}

async function main(): Promise<void> {
  if (what === 'change') await openInVain();
  const result = await startOn({ home, state }, kind as Kind['name'], what as 'change' | 'recover');
  if (result !== undefined) process.stdout.write(`${result}\n`);
}
void main();
