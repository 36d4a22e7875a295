/** Worlds that were accepted as they are: what a rollback goes back to. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { godrift, makeWorld, type World } from './godrift.ts';
import type { Toolchain } from './toolchains.ts';

/** The GOENV file of a world. */
export const goenvOf = ({ home }: Pick<World, 'home'>) => join(home, '.config/go/env');

/** Approves what is there, for a reason and with further options. Throws where it is refused, or anything else is said. */
export async function accept(world: World, reason = 'all well', ...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await godrift(world, ['baseline', 'accept', '--reason', reason, ...args]);
  if (exitCode !== 0 || stderr !== '') throw new Error(`baseline accept: ${exitCode} ${stderr}`);
}

/** A world with a GOENV file that holds this text, or without one; nothing is accepted yet. */
export function worldWithGoenv(toolchain: Toolchain, text: string | undefined): World {
  const world = makeWorld(toolchain);
  mkdirSync(dirname(goenvOf(world)), { recursive: true });
  if (text !== undefined) writeFileSync(goenvOf(world), text);
  return world;
}

/** What the real go that is first on the PATH of a world says, trimmed. Throws where it fails. */
export const goIn = ({ workspace, env }: World, ...args: readonly string[]): string =>
  execFileSync('go', args, {
    cwd: workspace,
    env: { ...env, GOTELEMETRY: 'off' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
