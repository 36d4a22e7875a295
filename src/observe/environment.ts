/** Whose process environment a target means (design §2): this process's, another one's, a published file, or none. */
import type { EnvironmentReading } from '../drift/model.ts';
import { readFile, stampOf } from '../host/files.ts';
import { listProcesses, type Machine, ownEnvironment, ownPid, parseEnviron } from '../host/machine.ts';
import type { EnvironmentSetting } from './target.ts';

/** An environment as read; `root` is where the paths in it are to be looked up. */
export interface ReadEnvironment {
  readonly reading: EnvironmentReading;
  readonly variables: ReadonlyMap<string, string>;
  readonly root: string;
}

const environLimit = 16 * 1024 * 1024;

function failed(source: EnvironmentReading['source'], reason: EnvironmentReading['reason']): ReadEnvironment {
  return { reading: { source, readable: false, reason }, variables: new Map(), root: '/' };
}

async function fromFile(source: 'file' | 'process', path: string, root: string): Promise<ReadEnvironment> {
  const read = await readFile({ root: '/', path }, environLimit);
  if (!read.ok)
    return failed(
      source,
      read.failure === 'absent' ? 'absent' : read.failure === 'denied' ? 'denied' : 'malformed',
    );
  return { reading: { source, readable: true, reason: 'ok' }, variables: parseEnviron(read.bytes), root };
}

/** The newest process that matches every given selector; its own root when that is another one than ours. */
async function fromProcess(
  setting: Extract<EnvironmentSetting, { from: 'process' }>,
): Promise<ReadEnvironment> {
  const matches = (await listProcesses()).filter(
    (one) =>
      one.pid !== ownPid &&
      (setting.uid === undefined || one.uid === setting.uid) &&
      (setting.exe === undefined ||
        one.exe === setting.exe ||
        one.exe?.endsWith(`/${setting.exe}`) === true) &&
      (setting.cmdline === undefined || one.cmdline.includes(setting.cmdline)),
  );
  const newest = matches.at(-1);
  if (newest === undefined) return failed('process', 'not-found');
  const theirs = await stampOf({ root: '/', path: `/proc/${newest.pid}/root/` });
  const ours = await stampOf({ root: '/', path: '/' });
  const shared = theirs !== undefined && ours !== undefined && theirs.inode === ours.inode;
  return await fromFile(
    'process',
    `/proc/${newest.pid}/environ`,
    shared || theirs === undefined ? '/' : `/proc/${newest.pid}/root`,
  );
}

/** Reads the environment that the setting names; never throws. */
export async function readEnvironment(
  setting: EnvironmentSetting,
  machine: Machine,
): Promise<ReadEnvironment> {
  switch (setting.from) {
    case 'self':
      return {
        reading: { source: 'self', readable: true, reason: 'ok' },
        variables: ownEnvironment(),
        root: '/',
      };
    case 'none':
      // Files only; HOME is needed to find them.
      return {
        reading: { source: 'none', readable: true, reason: 'ok' },
        variables: new Map(machine.home === undefined ? [] : [['HOME', machine.home]]),
        root: '/',
      };
    case 'file':
      return await fromFile('file', setting.path, '/');
    case 'process':
      return await fromProcess(setting);
  }
}
