/** Whose process environment a target means (design §2): this process's, another one's, a published file, or none. */
import path from 'node:path';
import type { EnvironmentReading } from '../../drift/model.ts';
import type { BuildAnswer, BuildQuery } from '../../host/build-table.ts';
import { type Credentials, credentialsOfIds } from '../../host/credentials.ts';
import { errorCode } from '../../host/errors.ts';
import { type ReadFailure, readFile, stampOf } from '../../host/files.ts';
import {
  listProcesses,
  type Machine,
  ownEnvironment,
  ownPid,
  ownUid,
  type ProcessInfo,
  parseEnviron,
} from '../../host/machine.ts';
import { rightsOfPath } from '../../host/path-owner.ts';
import { whyUnreadable, whyUnseen } from '../../host/process-access.ts';
import { readOwned, realUidOf } from '../../host/process-owner.ts';
import { readAs } from '../../host/reader.ts';
import { isRunning, type ProcessIdentity, rootOf } from '../../host/root.ts';
import type { EnvironmentSetting, TargetSettings } from '../target.ts';

/** An environment as read; `root` is where the paths in it are to be looked up. */
export interface ReadEnvironment {
  readonly reading: EnvironmentReading;
  readonly variables: ReadonlyMap<string, string>;
  readonly root: string;
  /** Whose rights decide what a search on PATH finds. */
  readonly credentials: Credentials;
}

/** TASK_COMM_LEN of Linux without its NUL. */
const commBytes = 15;
const environLimit = 16 * 1024 * 1024;

function failed(source: EnvironmentReading['source'], reason: EnvironmentReading['reason']): ReadEnvironment {
  return {
    reading: { source, readable: false, reason },
    variables: new Map(),
    root: '/',
    credentials: 'own',
  };
}

function readingOf(failure: ReadFailure): EnvironmentReading['reason'] {
  if (failure === 'absent') return 'absent';
  return failure === 'denied' ? 'denied' : 'malformed';
}

/** Whoever publishes an environment is the one who builds in it: the file, what it names and what its links lead to are read with that one's rights. */
function fromFile(file: string): ReadEnvironment {
  try {
    const credentials = rightsOfPath(file);
    const read = readAs(credentials, () => readFile({ root: '/', path: file }, environLimit));
    if (!read.ok) return failed('file', readingOf(read.failure));
    // A shell empties the file before the program that writes it begins: nobody publishes that there are no variables.
    if (read.bytes.length === 0) return failed('file', 'malformed');
    const reading = { source: 'file', readable: true, reason: 'ok' } as const;
    return { reading, variables: parseEnviron(read.bytes), root: '/', credentials };
  } catch (error) {
    const isDenied = ['EACCES', 'EPERM'].includes(errorCode(error));
    return failed('file', isDenied ? 'denied' : 'absent');
  }
}

/** Whose processes a selector without uid means: anybody may give a process any name. */
function trustedUsers(workspace: string): readonly number[] {
  const owner = workspace === '' ? undefined : stampOf({ root: '/', path: workspace })?.owner;
  return [0, ownUid, ...(owner === undefined ? [] : [owner])];
}

type ProcessSetting = Extract<EnvironmentSetting, { from: 'process' }>;

/** Whether the executable of a process is the one that is asked for; undefined where only its own word says so. */
function runsExecutable(
  { exe, comm, cmdline }: ProcessInfo,
  wanted: string | undefined,
): boolean | undefined {
  if (wanted === undefined) return true;
  // One that was replaced since is still what runs.
  const file = exe?.replace(/ \(deleted\)$/, '');
  if (file !== undefined) return file === wanted || file.endsWith(`/${wanted}`);
  const name = path.basename(wanted);
  const claimed = path.basename(cmdline.split(' ')[0] ?? '');
  const isClaimed = claimed === name || comm === Buffer.from(name).subarray(0, commBytes).toString('utf8');
  return isClaimed ? undefined : false;
}

/** Why none of these could be read: they call themselves what is asked for, and more of them may not be seen. */
function whyNone(claiming: readonly ProcessInfo[], users: readonly number[]): EnvironmentReading['reason'] {
  const uids = claiming.map(({ pid }) => ({ pid, uid: realUidOf(pid) }));
  const trusted = uids.find(({ uid }) => uid !== undefined && users.includes(uid));
  if (trusted !== undefined) return whyDenied(trusted.pid);
  return uids.some(({ uid }) => uid !== undefined) ? 'uid' : whyUnseen();
}

/**
 * The newest process that matches every given selector, and its own root when that is another one than ours. One that is no one user's, as any
 * program with the setuid bit, is passed over: its environment is the word of whoever started it. What cannot be had of a process is never taken
 * from this one: one that ends meanwhile, whose pid another one gets, or that becomes another program, is not found.
 */
async function fromProcess(setting: ProcessSetting, workspace: string): Promise<ReadEnvironment> {
  const users = setting.uid === undefined ? trustedUsers(workspace) : [setting.uid];
  const listed = (await listProcesses()).filter(
    ({ pid, cmdline }) =>
      pid !== ownPid && (setting.cmdline === undefined || cmdline.includes(setting.cmdline)),
  );
  const named = listed.filter((one) => runsExecutable(one, setting.exe) === true);
  let mixed = false;
  let others = false;
  for (const one of named.reverse()) {
    const uid = realUidOf(one.pid);
    if (uid === undefined) continue;
    if (!users.includes(uid)) {
      others = true;
      continue;
    }
    const read = ofProcess(one, uid);
    if (read !== 'mixed') return read;
    mixed = true;
  }
  if (mixed || others) return failed('process', mixed ? 'denied' : 'uid');
  const claiming = listed.filter((one) => runsExecutable(one, setting.exe) === undefined);
  return failed('process', whyNone(claiming.reverse(), users));
}

/** The environment and root of one process of `uid`, if it is the same one from the first look to the last; `mixed` where it is no one user's. */
export function ofProcess(process: ProcessIdentity, uid: number): ReadEnvironment | 'mixed' {
  const { pid } = process;
  try {
    const root = rootOf(process);
    const owned = readOwned(pid, uid, () =>
      readFile({ root: '/', path: `/proc/${pid}/environ` }, environLimit, { kernel: true }),
    );
    if (!isRunning(process)) return failed('process', 'not-found');
    if ('refused' in owned) return owned.refused === 'mixed' ? 'mixed' : failed('process', 'not-found');
    const { value: read, credentials } = owned;
    if (!read.ok)
      return failed('process', read.failure === 'denied' ? whyDenied(pid) : readingOf(read.failure));
    const reading = { source: 'process', readable: true, reason: 'ok' } as const;
    return { reading, variables: parseEnviron(read.bytes), root, credentials };
  } catch (error) {
    const code = errorCode(error);
    return failed('process', code === 'EACCES' || code === 'EPERM' ? whyDenied(pid) : 'not-found');
  }
}

/** What the kernel found wanting when it let nothing of a process be read. */
const whyDenied = (pid: number) => whyUnreadable(pid) ?? 'not-found';

/** Whose builds a target means. */
function buildQuery({
  environment,
  workspace,
}: Pick<TargetSettings, 'environment' | 'workspace'>): BuildQuery {
  const uid = environment.from === 'build' ? environment.uid : undefined;
  return { uids: uid === undefined ? trustedUsers(workspace) : [uid], workspace };
}

/**
 * The environment of the newest build, and the root that it ran in. Where processes of others cannot be seen at all, what is mounted here is looked
 * at as by `none`, and the reading says why.
 */
function fromBuild(answer: BuildAnswer, machine: Machine): ReadEnvironment {
  if ('none' in answer) {
    const variables = new Map(machine.home === undefined ? [] : [['HOME', machine.home]]);
    return { ...failed('build', answer.none), variables };
  }
  const { variables, uid, gids, anchor } = answer.build;
  try {
    const root = rootOf(anchor);
    const reading = { source: 'build', readable: true, reason: 'ok' } as const;
    return { reading, variables, root, credentials: credentialsOfIds(uid, gids) };
  } catch (error) {
    const code = errorCode(error);
    return failed('build', code === 'EACCES' || code === 'EPERM' ? whyDenied(anchor.pid) : 'not-found');
  }
}

/** Asks the program, which looks for builds all the time, for the newest one. */
export type AskBuild = (query: BuildQuery) => Promise<BuildAnswer>;

/** Reads the environment that a target's setting names; never throws. */
export async function readEnvironment(
  { environment: setting, workspace }: Pick<TargetSettings, 'environment' | 'workspace'>,
  machine: Machine,
  askBuild?: AskBuild,
): Promise<ReadEnvironment> {
  switch (setting.from) {
    case 'self':
      return {
        reading: { source: 'self', readable: true, reason: 'ok' },
        variables: ownEnvironment(),
        root: '/',
        credentials: 'own',
      };
    case 'none':
      // Files only; HOME is needed to find them.
      return {
        reading: { source: 'none', readable: true, reason: 'ok' },
        variables: new Map(machine.home === undefined ? [] : [['HOME', machine.home]]),
        root: '/',
        credentials: 'own',
      };
    case 'file':
      return fromFile(setting.path);
    case 'process':
      return await fromProcess(setting, workspace);
    case 'build': {
      // A command that looks once has seen no build.
      const answer = (await askBuild?.(buildQuery({ environment: setting, workspace }))) ?? {
        none: 'not-found',
      };
      return fromBuild(answer, machine);
    }
  }
}
