/** `godrift version`. */
import process from 'node:process';
import type { Terminal } from '../terminal.ts';
import { revision, version } from '../version.ts';

/** Prints version, revision and Node's version; returns 0. */
export function runVersion(terminal: Terminal, json: boolean): number {
  const about = { version, revision, node: process.version };
  terminal.stdout.write(
    json
      ? `${JSON.stringify(about)}\n`
      : `godrift ${version} (revision ${revision}, node ${process.version})\n`,
  );
  return 0;
}
