/**
 * Reads the process environment of a target (design §2): of this process, of another process, of a published
 * file, or none.
 */
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

/** An environment as read; `root` is the root in which its paths are to be resolved. */
export interface ReadEnvironment {
  readonly reading: EnvironmentReading;
  readonly variables: ReadonlyMap<string, string>;
  readonly root: string;
  /** Credentials that decide what a search on PATH finds. */
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

/**
 * Reads a published environment with the rights of the file's writers, who are taken to be the builders. The
 * files that it names, and the targets of their symlinks, are read with the same rights.
 */
function fromFile(file: string): ReadEnvironment {
  try {
    const credentials = rightsOfPath(file);
    const read = readAs(credentials, () => readFile({ root: '/', path: file }, environLimit));
    if (!read.ok) return failed('file', readingOf(read.failure));
    // A shell truncates the file before the program that writes it starts, so an empty file does not mean an
    // empty environment.
    if (read.bytes.length === 0) return failed('file', 'malformed');
    const reading = { source: 'file', readable: true, reason: 'ok' } as const;
    return { reading, variables: parseEnviron(read.bytes), root: '/', credentials };
  } catch (error) {
    const isDenied = ['EACCES', 'EPERM'].includes(errorCode(error));
    return failed('file', isDenied ? 'denied' : 'absent');
  }
}

/**
 * Returns the users whose processes a selector without a uid may match: any user can give a process any name.
 */
function trustedUsers(workspace: string): readonly number[] {
  const owner = workspace === '' ? undefined : stampOf({ root: '/', path: workspace })?.owner;
  return [0, ownUid, ...(owner === undefined ? [] : [owner])];
}

type ProcessSetting = Extract<EnvironmentSetting, { from: 'process' }>;

/** Reports whether a process runs the wanted executable; undefined if only its own command line says so. */
function runsExecutable(
  { exe, comm, cmdline }: ProcessInfo,
  wanted: string | undefined,
): boolean | undefined {
  if (wanted === undefined) return true;
  // A replaced executable is still the one that runs.
  const file = exe?.replace(/ \(deleted\)$/, '');
  if (file !== undefined) return file === wanted || file.endsWith(`/${wanted}`);
  const name = path.basename(wanted);
  const claimed = path.basename(cmdline.split(' ')[0] ?? '');
  const isClaimed = claimed === name || comm === Buffer.from(name).subarray(0, commBytes).toString('utf8');
  return isClaimed ? undefined : false;
}

/**
 * Returns why no environment could be read, if processes claim to run the executable but are inaccessible.
 */
function whyNone(claiming: readonly ProcessInfo[], users: readonly number[]): EnvironmentReading['reason'] {
  const uids = claiming.map(({ pid }) => ({ pid, uid: realUidOf(pid) }));
  const trusted = uids.find(({ uid }) => uid !== undefined && users.includes(uid));
  if (trusted !== undefined) return whyDenied(trusted.pid);
  return uids.some(({ uid }) => uid !== undefined) ? 'uid' : whyUnseen();
}

/**
 * Reads the environment, and the root if it differs from ours, of the newest process that matches every
 * selector. A process of mixed credentials, such as a setuid program, is skipped, since whoever started it
 * chose its environment. Nothing missing is ever taken from this process. A process that ends meanwhile,
 * whose pid is reused, or that executes another program counts as not found.
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

/**
 * Reads the environment and root of a process of user `uid`, provided that it remains the same process
 * throughout; `mixed` if it has credentials of more than one user.
 */
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

/** Returns the reason why the kernel denied reading a process. */
const whyDenied = (pid: number) => whyUnreadable(pid) ?? 'not-found';

/** Makes the query for the builds that a target refers to. */
function buildQuery({
  environment,
  workspace,
}: Pick<TargetSettings, 'environment' | 'workspace'>): BuildQuery {
  const uid = environment.from === 'build' ? environment.uid : undefined;
  return { uids: uid === undefined ? trustedUsers(workspace) : [uid], workspace };
}

/**
 * Returns the environment of the newest build and the root in which it ran. If processes of others are
 * invisible, the directories mounted here are examined as with `none`, and the reading says why.
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

/** Asks the program, which watches for builds continuously, for the newest one. */
export type AskBuild = (query: BuildQuery) => Promise<BuildAnswer>;

/** Reads the environment that the target's settings name; never throws. */
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
      // A command that observes only once has seen no builds.
      const answer = (await askBuild?.(buildQuery({ environment: setting, workspace }))) ?? {
        none: 'not-found',
      };
      return fromBuild(answer, machine);
    }
  }
}
