/**
 * Plans how a directory of the module cache that is not what was downloaded is exchanged for what its zip holds. The zip is believed only as far as something
 * that was approved on this host goes: the sums of the approved go.sum, or the digest of the approved toolchain.
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
import type { FetchStep, TreeStep } from './step.ts';
import { digestOf, type HashedFile, hashZip, stateAfter, sumOf, withZip } from './unzipped.ts';

/** A directory that is to be as it was downloaded: one of the module cache, or an SDK of golang.org/dl, whose files the module cache may have as well. */
export interface WantedTree {
  readonly kind: TreeKind;
  /** The entry or finding that it answers. */
  readonly key: string;
  /** GOMODCACHE, and the directory. */
  readonly cache: string;
  readonly path: string;
  readonly module: string;
  readonly version: string;
  /** The path is the real one that go told. */
  readonly isReal?: boolean;
  /** What of its zip was approved: the `h1:` sum of a module, the digest of a toolchain; undefined where nothing was. */
  readonly approved?: string;
}

/** What brings a zip that is not in the module cache, with the settings that go gets. */
export interface PlannedFetch {
  readonly step: FetchStep;
  readonly settings: Uint8Array;
}

/** The step, with what fetches its zip where that has to be, or why there is none; neither where the directory is as it should be. */
export type PlannedTree =
  | { readonly step: TreeStep; readonly fetch?: PlannedFetch }
  | { readonly why: string }
  | undefined;

/** Where the zip lies in the module cache. */
const zipOf = ({ cache, module, version }: WantedTree) =>
  path.join(cache, downloadPath(module, version, 'zip'));

/** The name of all that a zip holds. */
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
    : `${foreign.name === '' ? 'it' : foreign.name} belongs to uid ${foreign.uid}: a rollback changes what is its own user's (uid ${uid})`;
}

/** How to get a directory again by the means that made it. */
const again = ({ kind, path: file, module, version }: WantedTree) =>
  kind === 'sdk'
    ? `go install golang.org/dl/${path.basename(file)}@latest, then ${path.basename(file)} download`
    : `go mod download ${module}@${version} gets it again`;

/** What stands in the place of a directory now: all that is in it, or nothing, with the folders above that are missing as well. */
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
  // A link that leads nowhere is missing to whoever follows it.
  const [first = place] = missing;
  const { state } = await readEntry(first);
  if (state.kind === 'link')
    return {
      why: `${first} is a link to ${state.to}, where no directory is: make or mount that, or remove the link`,
    };
  if (state.kind !== 'absent')
    return { why: `${first === place ? 'it' : first} is no directory: see who made it` };
  // A directory of the module cache that is gone is unpacked again by go itself.
  return kind === 'sdk' ? { makes: missing } : { why: 'it is no directory: see who made it' };
}

/** An SDK is known by its real path, which go tells: laid out behind a link that was not there it would be another one than was approved. */
async function whyMoved({ isReal, path: shown }: WantedTree, located: Located): Promise<string | undefined> {
  const above = path.dirname(shown);
  if (isReal !== true || located.directory === above) return undefined;
  // Links further up, as of a home, are everybody's.
  const { directory, name } = await locateEntry(above);
  return located.directory === path.join(directory, name)
    ? undefined
    : `${above} leads to ${located.directory} now: make it a directory again, or accept a baseline with an SDK that lies there`;
}

/** Permission bits of the folders: those that are there, or as golang.org/dl makes them. */
function modeOf({ members }: Standing): number {
  const top = members?.find((one) => one.name === '');
  return members === undefined ? 0o755 : top?.kind === 'directory' ? top.mode : 0o555;
}

/** Why a zip cannot be used, and how to get the directory otherwise. Rethrows what is no error of the zip or the system. */
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

/** The step for a directory; whether it replaces one or makes one follows from what stands there. */
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

/** The step that lays a directory out from its zip. Throws as {@link withZip}. */
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

/** The step that lays a directory out from a zip which is fetched first: what will be in it is known by the approved digest alone. */
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

/** Plans how one directory is laid out; `fetch` is what brings a zip that is not there, or why nothing does. Never throws for what the system or the zip refuses. */
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
