/**
 * What an exporter leaves in its state directory about a toolchain: the list of its files. Who digests the same tree later, with the list
 * in its own state directory, reads only stamps. For tests that digest shared toolchains again and again.
 */
import { cpSync, existsSync, readdirSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually, makeWorld, startExporter } from './godrift.ts';
import type { Toolchain } from './toolchains.ts';

const lists = new Map<string, Promise<string>>();

/** Folder of the lists that an exporter made of a toolchain; made again when hard links to its files came or went, as that is a change. */
function listsOf(toolchain: Toolchain): Promise<string> {
  const key = `${toolchain.goroot} ${statSync(toolchain.go).ctimeMs}`;
  let made = lists.get(key);
  if (made === undefined) {
    made = listFiles(toolchain);
    lists.set(key, made);
    made.catch(() => lists.delete(key));
  }
  return made;
}

async function listFiles(toolchain: Toolchain): Promise<string> {
  const world = makeWorld(toolchain);
  const folder = join(world.state, 'toolchains');
  const exporter = await startExporter(world);
  try {
    await eventually(
      'the list of a toolchain',
      async () => existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.files')),
    );
  } finally {
    await exporter.stop();
  }
  return folder;
}

/** Does something with a state directory that knows the files of a toolchain; afterwards it knows nothing of them again. */
export async function knowingFiles<T>(
  toolchain: Toolchain,
  state: string,
  work: () => Promise<T>,
): Promise<T> {
  const folder = join(state, 'toolchains');
  if (existsSync(folder)) return await work();
  cpSync(await listsOf(toolchain), folder, { recursive: true });
  try {
    return await work();
  } finally {
    await rm(folder, { recursive: true });
  }
}
