/** Worlds with an accepted baseline, which a rollback can restore. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { godrift, makeWorld, type World } from './godrift.ts';
import type { Toolchain } from './toolchains.ts';

/** Returns the path of the GOENV file of a world. */
export const goenvOf = ({ home }: Pick<World, 'home'>) => join(home, '.config/go/env');

/**
 * Runs `baseline accept` with a reason and further options. Throws if it fails or prints anything to stderr.
 */
export async function accept(world: World, reason = 'all well', ...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await godrift(world, ['baseline', 'accept', '--reason', reason, ...args]);
  if (exitCode !== 0 || stderr !== '') throw new Error(`baseline accept: ${exitCode} ${stderr}`);
}

/** Makes a world with a GOENV file of this text, or without one. Nothing is accepted yet. */
export function worldWithGoenv(toolchain: Toolchain, text: string | undefined): World {
  const world = makeWorld(toolchain);
  mkdirSync(dirname(goenvOf(world)), { recursive: true });
  if (text !== undefined) writeFileSync(goenvOf(world), text);
  return world;
}

/** Runs the go that is first on the PATH of a world and returns its trimmed stdout. Throws if it fails. */
export const goIn = ({ workspace, env }: World, ...args: readonly string[]): string =>
  execFileSync('go', args, {
    cwd: workspace,
    env: { ...env, GOTELEMETRY: 'off' },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  }).trim();
