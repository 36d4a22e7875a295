/** Puts back what a drift set in the process environment, as whoever works in that shell does: envsnap of the built program in a real bash. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { patienceMs, program } from '../lab/godrift.ts';
import { scratch } from '../lab/toolchains.ts';
import type { Site } from './site.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

let initText: Promise<string> | undefined;

/** What a shell loads; the same for all of them. */
async function init(): Promise<string> {
  initText ??= execa(process.execPath, [program, 'shell-init', 'bash']).then(({ stdout }) => stdout);
  return await initText;
}

const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** The names whose values differ. */
const changedNames = (one: Variables, other: Variables): readonly string[] =>
  [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((name) => one[name] !== other[name]);

/** What a shell in the healthy environment is told: to save, to drift, to roll back, and to print what it exports then. */
function scriptOf(names: readonly string[], drifted: Variables, loaded: string): string {
  const set = names.map((name) => {
    const value = drifted[name];
    return value === undefined ? `unset ${name}` : `export ${name}=${quoted(value)}`;
  });
  return [
    `. ${quoted(loaded)}`,
    'envsnap save || exit 3',
    ...set,
    'envsnap rollback',
    // What was said before is no variable.
    String.raw`printf '\0'`,
    '/usr/bin/env -0',
  ].join('\n');
}

/** What came of a rollback in a shell. */
export interface InShell {
  /** Variables that the drift changed. */
  readonly names: readonly string[];
  /** Why some of them are not as they were; empty where all are. */
  readonly why: readonly string[];
}

/**
 * Rolls the environment of a site back to the healthy one in a shell that saved it, and leaves the site what that shell has then. Undefined where the drift
 * changed no variable.
 */
export async function rollBackInShell(site: Site, healthy: Variables): Promise<InShell | undefined> {
  const names = changedNames(healthy, site.env);
  if (names.length === 0) return undefined;
  // Beside the home, of which every name counts.
  const folder = scratch('in-shell');
  const [loaded, script] = [join(folder, 'init.bash'), join(folder, 'script')];
  writeFileSync(loaded, await init());
  writeFileSync(script, scriptOf(names, site.env, loaded));
  const exported = Object.entries(healthy).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[0] !== 'GODRIFT_STATE_DIRECTORY',
  );
  const { stdout, stderr, exitCode } = await execa('/bin/bash', ['--norc', script], {
    cwd: site.workspace,
    env: { ...Object.fromEntries(exported), STATE_DIRECTORY: folder },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: patienceMs,
  });
  if (exitCode !== 0) throw new Error(`a shell that rolls back: ${exitCode} ${stderr}`);
  const now = new Map(
    stdout.split('\0').map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)] as const;
    }),
  );
  for (const name of names) site.env[name] = now.get(name);
  const lost = names.filter((name) => site.env[name] !== healthy[name]);
  return { names, why: lost.map((name) => `${name} of the process stays: envsnap keeps no such variable`) };
}
