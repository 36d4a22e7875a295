/**
 * Finds the go commands that run on this host, or in this pod, with the environments they were started with.
 * A build lives for seconds, but its environment is wanted after it has ended, so the newest builds are kept
 * in memory and never written to disk. What is read of which process is up to {@link readOwned}.
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

/** A build as it was seen. Plain data, because it is passed to threads. */
export interface SeenBuild {
  readonly variables: ReadonlyMap<string, string>;
  /** Uid and groups that it ran with. */
  readonly uid: number;
  readonly gids: ReadonlySet<number>;
  /** A process that still runs in the same root as the build did. */
  readonly anchor: ProcessIdentity;
}

/** Selects builds by user and directory. */
export interface BuildQuery {
  readonly uids: readonly number[];
  /** Working directory of the build or one above it, as named in the build's own root; `''` matches any. */
  readonly workspace: string;
}

/** A build, or why none was found. */
export type BuildAnswer =
  | { readonly build: SeenBuild }
  | { readonly none: AccessProblem | ReturnType<typeof whyUnseen> };

export interface BuildTable {
  /** Returns the newest matching build; the first question starts the search. */
  newest(query: BuildQuery): BuildAnswer;
  /** Returns a short text that changes whenever the build returned by `newest` or its anchor does. */
  mark(query: BuildQuery): string;
  /** Stops the search; the next question starts it again. */
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
  /** A process that holds the root open: one that was there before the build will most likely outlive it. */
  anchor?: ProcessIdentity;
}

/** Interval of the scans of /proc, ms; even a `go build` with nothing to do takes a third of a second. */
const everyMs = 200;
/**
 * Rounds in which a new process is checked each time: a shell becomes a go by execve(2) soon after its fork.
 */
const youngRounds = 5;
/** Every so many rounds all processes are checked. */
const everyRounds = 25;
/** Limits: bytes of one environment, and number of builds kept. */
const environmentLimit = 1024 * 1024;
const keptLimit = 64;
/** Names of programs that build, as in /proc/<pid>/comm (15 bytes at most). */
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

/**
 * Returns the process whose environment the user chose: the topmost go above `pid`, since each go adds
 * variables for its children. Undefined if `pid` is no build.
 */
function starterOf(pid: number): number | undefined {
  const name = nameOf(pid);
  if (!starters.has(name) && !helpers.has(name)) return undefined;
  const above = ancestors(pid);
  // A go that godrift itself runs is not a build of a user.
  if (above.includes(process.pid)) return undefined;
  return above.findLast((one) => starters.has(nameOf(one))) ?? pid;
}

const isInside = (directory: string, workspace: string) =>
  workspace === '' || directory === workspace || directory.startsWith(`${workspace.replace(/\/$/, '')}/`);

/**
 * Returns a path inside its root. The kernel names paths below a chroot(2) with the way to it, those in a
 * container without.
 */
function insideRoot(file: string, top: string): string {
  return top !== '/' && isInside(file, top) ? file.slice(top.length) || '/' : file;
}

/** Reads a build; undefined if its process belongs to no single user. Throws the system's error. */
function readBuild(identity: ProcessIdentity, uid: number): Kept | undefined {
  const { pid } = identity;
  const read = readOwned(pid, uid, () => ({
    bytes: readFileSync(`/proc/${pid}/environ`),
    cwd: insideRoot(readlinkSync(`/proc/${pid}/cwd`), readlinkSync(`/proc/${pid}/root`)),
    root: rootMark(`${pid}`),
  }));
  if ('refused' in read || !isRunning(identity)) return undefined;
  const { bytes, cwd, root } = read.value;
  // In the middle of an execve(2) it is empty, and a later round reads it; no go builds without any variable.
  if (bytes.length === 0 || bytes.length > environmentLimit) return undefined;
  const { gids } = read.credentials;
  return { identity, cwd, uid, gids, root, variables: parseEnviron(bytes), digest: sha256Hex(bytes) };
}

/**
 * Returns a running process of the same root, and the same one as long as it lives: a changing anchor would
 * make every build a reason to observe again.
 */
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
  /** For each pid, in how many rounds it was seen already. */
  #ages = new Map<number, number>();
  /** For each uid, the newest reason why a build could not be read. */
  readonly #refused = new Map<number, AccessProblem>();
  /** Queries asked since the search began, one a target. */
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
    // Another user builds here, and no query asks for that uid.
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

  /** Keeps a build; of builds with the same directory and environment only the newest. */
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
 * Creates a table; the search starts with the first question. `changed` is called when a build appears that a
 * query matches and whose environment was not seen before.
 */
export function createBuildTable(timer: SetTimer, changed: () => void): BuildTable {
  return new Table(timer, changed);
}
