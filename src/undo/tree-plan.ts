/**
 * Plans how a damaged directory of the module cache, or an SDK, is replaced by the content of its zip. The
 * zip is trusted only as far as something approved on this host vouches for it: the sums of the approved
 * go.sum, or the digest of the approved toolchain.
 */
import path from 'node:path';
import process from 'node:process';
import { downloadPath } from '../go/module-path.ts';
import { type TreeKind, unpackedMembers } from '../go/unpacked.ts';
import { ZipProblem } from '../go/zip-directory.ts';
import { type Located, locateEntry, readEntry } from '../host/entry-state.ts';
import { errorCode, isSystemError } from '../host/errors.ts';
import { readMembers, type TreeMember, treeStateOf } from '../host/tree-state.ts';
import { systemReason } from '../store/state-directory.ts';
import { digestOf, type HashedFile, hashZip, stateAfter, sumOf, withZip } from './module-zip.ts';
import type { FetchStep, TreeStep } from './step.ts';

/**
 * A directory that should be as downloaded: a module or toolchain in the module cache, or an SDK of
 * golang.org/dl, whose files may also be in the module cache.
 */
export interface WantedTree {
  readonly kind: TreeKind;
  /** Key of the entry or finding that the repair answers. */
  readonly key: string;
  /** GOMODCACHE, and the directory itself. */
  readonly cache: string;
  readonly path: string;
  readonly module: string;
  readonly version: string;
  /** `path` is the real path that go reports. */
  readonly isReal?: boolean;
  /**
   * The approved hash of its zip: the `h1:` sum of a module or the digest of a toolchain; undefined where
   * there is none.
   */
  readonly approved?: string;
}

/** The step that fetches a zip which is not in the module cache, and the settings for go. */
export interface PlannedFetch {
  readonly step: FetchStep;
  readonly settings: Uint8Array;
}

/**
 * The step, with a fetch step if its zip must be downloaded; or why there is none; or `undefined` if the
 * directory already is as it should be.
 */
export type PlannedTree =
  | { readonly step: TreeStep; readonly fetch?: PlannedFetch }
  | { readonly why: string }
  | undefined;

/** Returns the path of the zip in the module cache. */
const zipOf = ({ cache, module, version }: WantedTree) =>
  path.join(cache, downloadPath(module, version, 'zip'));

/** Returns the prefix of all names in the zip. */
const prefixOf = ({ module, version }: WantedTree) => `${module}@${version}/`;

function whyNotApproved(
  wanted: WantedTree,
  files: readonly HashedFile[],
  prefix: string,
): string | undefined {
  const { kind, approved } = wanted;
  if (approved === undefined)
    return kind === 'module'
      ? 'the approved go.sum has no sum of it'
      : 'the approved record has no digest of its files';
  const actual = kind === 'module' ? sumOf(files, prefix) : digestOf(files);
  return actual === approved ? undefined : `its zip is not what was approved: ${zipOf(wanted)}`;
}

function whyNotOwn(members: readonly TreeMember[], uid: number): string | undefined {
  const foreign = members.find((one) => one.uid !== uid);
  return foreign === undefined
    ? undefined
    : `${foreign.name === '' ? 'it' : foreign.name} belongs to uid ${foreign.uid}: a rollback changes only files of its own user (uid ${uid})`;
}

/** Returns how to recreate a directory with the tool that created it. */
const again = ({ kind, path: file, module, version }: WantedTree) =>
  kind === 'sdk'
    ? `go install golang.org/dl/${path.basename(file)}@latest, then ${path.basename(file)} download`
    : `go mod download ${module}@${version} gets it again`;

/**
 * The current state at the path of a directory: its members, or nothing and the missing parent directories.
 */
type Standing =
  | { readonly members: readonly TreeMember[] }
  | { readonly members?: never; readonly makes: readonly string[] };

async function standingAt(
  { kind }: WantedTree,
  { directory, name, missing }: Located,
): Promise<Standing | { readonly why: string }> {
  const place = path.join(directory, name);
  const members = missing.length > 0 ? undefined : await readMembers(place);
  if (members !== undefined) return { members };
  // A dangling symlink looks like a missing directory when it is followed.
  const [first = place] = missing;
  const { state } = await readEntry(first);
  if (state.kind === 'link')
    return {
      why: `${first} is a link to ${state.to}, which is no directory: create or mount it, or remove the link`,
    };
  if (state.kind !== 'absent')
    return { why: `${first === place ? 'it' : first} is no directory: see who made it` };
  // go itself unpacks a missing directory of the module cache again.
  return kind === 'sdk' ? { makes: missing } : { why: 'it is no directory: see who made it' };
}

/**
 * Returns why an SDK cannot be laid out where it was. go reports an SDK by its real path; laid out behind a
 * symlink that did not exist before, it would be another SDK than the approved one.
 */
async function whyMoved({ isReal, path: shown }: WantedTree, located: Located): Promise<string | undefined> {
  const above = path.dirname(shown);
  if (isReal !== true || located.directory === above) return undefined;
  // Symlinks further up, such as the home directory, affect all paths alike.
  const { directory, name } = await locateEntry(above);
  return located.directory === path.join(directory, name)
    ? undefined
    : `${above} leads to ${located.directory} now: make it a directory again, or accept a baseline with an SDK that lies there`;
}

/**
 * Returns the permission bits of the directories: the present ones, or 0755 as golang.org/dl creates them.
 */
function modeOf({ members }: Standing): number {
  const top = members?.find((one) => one.name === '');
  return members === undefined ? 0o755 : top?.kind === 'directory' ? top.mode : 0o555;
}

/**
 * Returns why a zip cannot be used and how to recreate the directory otherwise. Rethrows errors of neither
 * the zip nor the system.
 */
function whyNoZip(
  wanted: WantedTree,
  { members }: Standing,
  error: unknown,
  unfetched: string | undefined,
): string {
  if (error instanceof ZipProblem) return `its zip cannot be used, ${error.message}: ${zipOf(wanted)}`;
  if (!isSystemError(error)) throw error;
  if (errorCode(error) !== 'ENOENT') return systemReason(error);
  const first = members === undefined ? '' : `remove ${wanted.path}, and `;
  const and = unfetched === undefined ? '' : `, and cannot be fetched (${unfetched})`;
  return `its zip is not in the module cache${and}: ${first}${again(wanted)}`;
}

/** Returns a replace-tree step where the directory exists, otherwise a make-tree step. */
function stepFrom(
  { kind, path: shown }: WantedTree,
  standing: Standing,
  { directory, name }: Located,
  from: Pick<TreeStep, 'after' | 'zip' | 'prefix' | 'mode'>,
): TreeStep {
  const laidOut = { tree: kind, path: shown, directory, name, ...from };
  return standing.members === undefined
    ? { kind: 'make-tree', ...laidOut, before: { kind: 'absent' }, makes: standing.makes }
    : { kind: 'replace-tree', ...laidOut, before: treeStateOf(standing.members) };
}

/**
 * Returns the step that lays a directory out from its zip in the module cache. Throws like {@link withZip}.
 */
function stepOf(wanted: WantedTree, standing: Standing, located: Located, uid: number): Promise<PlannedTree> {
  const { kind } = wanted;
  const prefix = prefixOf(wanted);
  const mode = modeOf(standing);
  return withZip(zipOf(wanted), prefix, async (zip): Promise<PlannedTree> => {
    const files = await hashZip(zip);
    const why = whyNotApproved(wanted, files, prefix);
    if (why !== undefined) return { why };
    const after = stateAfter(unpackedMembers(kind, zip.names, mode), files, uid);
    const step = stepFrom(wanted, standing, located, { after, zip: zipOf(wanted), prefix, mode });
    return 'sha256' in step.before && step.before.sha256 === after.sha256 ? undefined : { step };
  });
}

/**
 * Returns the step that lays a directory out from a zip that is fetched first. Only the approved digest of
 * its content is known.
 */
function fetchedStep(
  wanted: WantedTree,
  standing: Standing,
  located: Located,
  fetch: PlannedFetch,
): PlannedTree {
  const after = { kind: 'approved', digest: fetch.step.approved } as const;
  const from = { after, zip: fetch.step.path, prefix: prefixOf(wanted), mode: modeOf(standing) };
  return { step: stepFrom(wanted, standing, located, from), fetch };
}

/**
 * Plans how one directory is laid out. `fetch` is the step that downloads a zip which is not in the module
 * cache, or why none can. Never throws for errors of the system or the zip.
 */
export async function planTree(
  wanted: WantedTree,
  fetch?: PlannedFetch | { readonly why: string },
): Promise<PlannedTree> {
  const uid = process.geteuid?.() ?? -1;
  try {
    const located = await locateEntry(wanted.path);
    const moved = await whyMoved(wanted, located);
    if (moved !== undefined) return { why: moved };
    const standing = await standingAt(wanted, located);
    if ('why' in standing) return standing;
    const notOwn = whyNotOwn(standing.members ?? [], uid);
    if (notOwn !== undefined) return { why: notOwn };
    return await stepOf(wanted, standing, located, uid).catch((error: unknown): PlannedTree => {
      const isGone = isSystemError(error) && errorCode(error) === 'ENOENT';
      if (isGone && fetch !== undefined && 'step' in fetch)
        return fetchedStep(wanted, standing, located, fetch);
      const unfetched = fetch !== undefined && 'why' in fetch ? fetch.why : undefined;
      return { why: whyNoZip(wanted, standing, error, unfetched) };
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { why: systemReason(error) };
  }
}
