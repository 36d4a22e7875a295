/**
 * A program that runs startOn of rollback-change.ts and prints the result. Its
 * test injects faults into its system calls.
 */
import { open } from 'node:fs/promises';
import process from 'node:process';
import { startOn } from './rollback-change.ts';
import type { Kind } from './rollback-kinds.ts';

const [home = '', state = '', what = 'change', kind = 'names'] = process.argv.slice(2);

/**
 * Opens files without effect in the pool thread, which makes most of the changes. strace counts calls per
 * thread, and a kill hits the first thread that reaches the number: so the pool thread's opens get numbers
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
