/**
 * The go commands that run on this host, or in this pod, and with which environment: a build lives for seconds, and what it was started with is
 * wanted after it has ended. Nothing of it reaches the disk. What is read, and of whom, is what {@link readOwned} allows.
 */
import process from 'node:process';
import { readdirSync, readFileSync, readlinkSync } from './counted-fs.ts';
import { sha256Hex } from './digest.ts';
import { parseEnviron } from './machine.ts';
import { type AccessProblem, whyUnreadable, whyUnseen } from './process-access.ts';
import { readOwned, realUidOf } from './process-owner.ts';
import { ancestors } from './processes.ts';
import { isRunning, type ProcessIdentity, processIdentity, rootMark } from './root.ts';
import type { SetTimer } from './timer.ts';

/** A build as it was seen; plain data, for it crosses into threads. */
export interface SeenBuild {
  readonly variables: ReadonlyMap<string, string>;
  /** The ids that it ran with. */
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
  /** A process that still runs in the same root. */
  readonly anchor: ProcessIdentity;
}

/** Whose builds are meant, and where. */
export interface BuildQuery {
  readonly uids: readonly number[];
  /** The directory, in the build's own root, in or below which it was started; `''` for any. */
  readonly workspace: string;
}

/** The answer: a build, or why there is none. */
export type BuildAnswer =
  | { readonly build: SeenBuild }
  | { readonly none: AccessProblem | ReturnType<typeof whyUnseen> };

export interface BuildTable {
  /** The newest build; the first question begins the search. */
  newest(query: BuildQuery): BuildAnswer;
  /** The same as one short text, which changes with what an answer would be used for. */
  mark(query: BuildQuery): string;
  /** Ends the search; the next question begins it again. */
  pause(): void;
}

interface Kept {
  readonly identity: ProcessIdentity;
  readonly cwd: string;
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
  readonly variables: ReadonlyMap<string, string>;
  readonly digest: string;
  readonly root: string;
  /** A process that holds the root: who was there before the build is most likely there after it. */
  anchor?: ProcessIdentity;
}

/** A `go build` of nothing takes a third of a second. */
const everyMs = 200;
/** A process is asked for its name in its first rounds: a shell becomes a go by execve(2) soon after its fork. */
const youngRounds = 5;
/** And all are in every so-manieth round. */
const everyRounds = 25;
/** Bytes of one environment, and builds that are remembered. */
const environmentLimit = 1024 * 1024;
const keptLimit = 64;
/** Names of programs that build, as /proc/<pid>/comm has them (15 bytes at most). */
const starters = new Set(['go', 'gopls']);
const helpers = new Set(['compile', 'link', 'asm', 'cgo', 'vet']);

const attempt = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const nameOf = (pid: number) => attempt(() => readFileSync(`/proc/${pid}/comm`, 'latin1').trim()) ?? '';

/** The process whose environment a build was given: the topmost go above it, for each go adds to what its children see. */
function starterOf(pid: number): number | undefined {
  const name = nameOf(pid);
  if (!starters.has(name) && !helpers.has(name)) return undefined;
  const above = ancestors(pid);
  // A go that this program asked something itself is nobody's build.
  if (above.includes(process.pid)) return undefined;
  return above.findLast((one) => starters.has(nameOf(one))) ?? pid;
}

const isInside = (directory: string, workspace: string) =>
  workspace === '' || directory === workspace || directory.startsWith(`${workspace.replace(/\/$/, '')}/`);

/** A path as the kernel names it to this process, as it is inside a root: of a chroot(2) it names the way there too, of a container it does not. */
function insideRoot(file: string, top: string): string {
  return top !== '/' && isInside(file, top) ? file.slice(top.length) || '/' : file;
}

/** Reads a build. Throws the system's error; undefined for what is no one user's. */
function readBuild(identity: ProcessIdentity, uid: number): Kept | undefined {
  const { pid } = identity;
  const read = readOwned(pid, uid, () => ({
    bytes: readFileSync(`/proc/${pid}/environ`),
    cwd: insideRoot(readlinkSync(`/proc/${pid}/cwd`), readlinkSync(`/proc/${pid}/root`)),
    root: rootMark(`${pid}`),
  }));
  if ('refused' in read || !isRunning(identity)) return undefined;
  const { bytes, cwd, root } = read.value;
  // In the middle of an execve(2) it is empty, and is read in a later round; no go builds without any variable.
  if (bytes.length === 0 || bytes.length > environmentLimit) return undefined;
  const { gids } = read.credentials;
  return { identity, cwd, uid, gids, root, variables: parseEnviron(bytes), digest: sha256Hex(bytes) };
}

/** A process of a root that still runs, the same one as long as it does: else each build would be a reason to look again. */
function anchorOf(kept: Kept): ProcessIdentity | undefined {
  if (kept.anchor !== undefined && isRunning(kept.anchor)) return kept.anchor;
  delete kept.anchor;
  for (const pid of (attempt(() => readdirSync('/proc')) ?? []).map(Number).filter(Number.isInteger)) {
    if (attempt(() => rootMark(`${pid}`)) !== kept.root) continue;
    const found = processIdentity(pid);
    if (found === undefined) continue;
    kept.anchor = found;
    return found;
  }
  return undefined;
}

const isMeant = ({ uid, cwd }: Kept, { uids, workspace }: BuildQuery) =>
  uids.includes(uid) && isInside(cwd, workspace);

const anchored = ({ anchor }: Kept) => (anchor === undefined ? {} : { anchor });

class Table implements BuildTable {
  readonly #timer: SetTimer;
  readonly #changed: () => void;
  readonly #kept: Kept[] = [];
  /** Rounds in which each process was there already. */
  #ages = new Map<number, number>();
  /** Builds that could not be read: by uid, the newest reason. */
  readonly #refused = new Map<number, AccessProblem>();
  /** What was asked for since the search began, one a target. */
  readonly #asked = new Map<string, BuildQuery>();
  #round = 0;
  #cancel: (() => void) | undefined;

  constructor(timer: SetTimer, changed: () => void) {
    this.#timer = timer;
    this.#changed = changed;
  }

  newest(query: BuildQuery): BuildAnswer {
    const { uids } = query;
    this.#asked.set(JSON.stringify(query), query);
    if (this.#cancel === undefined) this.#look();
    const builds = this.#kept.filter((one) => isMeant(one, query));
    for (const one of builds.reverse()) {
      const anchor = anchorOf(one);
      if (anchor !== undefined) return { build: { ...one, anchor } };
    }
    const refused = uids.flatMap((uid) => this.#refused.get(uid) ?? [])[0];
    // Somebody else builds here, of whom nobody was told.
    const others = this.#refused.size > 0 || this.#kept.some(({ uid }) => !uids.includes(uid));
    return { none: refused ?? (others ? 'uid' : whyUnseen()) };
  }

  mark(query: BuildQuery): string {
    const answer = this.newest(query);
    if ('none' in answer) return answer.none;
    const { anchor, variables } = answer.build;
    const kept = this.#kept.find((one) => one.variables === variables);
    return `${kept?.digest} ${anchor.pid} ${anchor.start}`;
  }

  pause(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#asked.clear();
  }

  #look(): void {
    const ages = new Map<number, number>();
    this.#round++;
    for (const pid of (attempt(() => readdirSync('/proc')) ?? []).map(Number)) {
      if (!Number.isInteger(pid)) continue;
      const age = this.#ages.get(pid) ?? 0;
      ages.set(pid, age + 1);
      if (age < youngRounds || this.#round % everyRounds === 0) this.#see(pid);
    }
    this.#ages = ages;
    this.#cancel = this.#timer(everyMs, () => this.#look());
  }

  #see(pid: number): void {
    const starter = starterOf(pid);
    const identity = starter === undefined ? undefined : processIdentity(starter);
    if (identity === undefined) return;
    const isKnown = (one: Kept) => one.identity.pid === identity.pid && one.identity.start === identity.start;
    if (this.#kept.some(isKnown)) return;
    const uid = realUidOf(identity.pid);
    if (uid === undefined) return;
    const read = attempt(() => ({ build: readBuild(identity, uid) }));
    if (read === undefined) {
      const why = whyUnreadable(identity.pid);
      if (this.#refused.size >= keptLimit) this.#refused.clear();
      if (why !== undefined) this.#refused.set(uid, why);
    } else if (read.build !== undefined) this.#keep(read.build);
  }

  /** Of builds in one place with one environment the newest is enough. */
  #keep(build: Kept): void {
    const alike = this.#kept.findIndex(
      ({ root, cwd, digest, uid }) =>
        root === build.root && cwd === build.cwd && digest === build.digest && uid === build.uid,
    );
    const [before] = alike === -1 ? [] : this.#kept.splice(alike, 1);
    this.#kept.push(before === undefined ? build : { ...build, ...anchored(before) });
    this.#refused.delete(build.uid);
    if (this.#kept.length > keptLimit) this.#kept.shift();
    if (before === undefined && [...this.#asked.values()].some((one) => isMeant(build, one))) this.#changed();
  }
}

/**
 * Makes a table; it looks at nothing before the first question. `changed` is told of builds that were asked for, with an environment that was not seen
 * before.
 */
export function createBuildTable(timer: SetTimer, changed: () => void): BuildTable {
  return new Table(timer, changed);
}
