/**
 * Has the real go download a release whose zip is not in the module cache. No file of the user changes: the
 * zip is in the state directory while later steps unpack it, and is deleted when their outcome is journalled
 * or they are reverted.
 */
import path from 'node:path';
import { variable } from '../../catalog/variables.ts';
import { downloadPath } from '../../go/module-path.ts';
import { redactText, secretsIn } from '../../go/redact.ts';
import { ZipProblem } from '../../go/zip-directory.ts';
import { ensureDirectory, lstatOf, removeEmptyDirectory, removeFile, renameFile } from '../../host/atomic.ts';
import { type CheckedProgram, checkProgram } from '../../host/checked-program.ts';
import { isSystemError } from '../../host/errors.ts';
import { fetchZip, removeFetch } from '../../host/fetch-module.ts';
import { hasRoomFor } from '../../host/space.ts';
import { systemReason } from '../../store/state-directory.ts';
import { parseFetchSettings } from '../fetch-settings.ts';
import { digestOf, hashZip, withZip } from '../module-zip.ts';
import type { FetchStep } from '../step.ts';
import type { StepKind, Taken } from './kind.ts';

/** Time limit of a download in ms: a release of 70 MB at 60 kB/s. */
export const longestFetchMs = 20 * 60_000;

/**
 * Least free space of the state directory's file system, in bytes: three times a release, because the journal
 * is there too.
 */
const room = 256 * 1024 * 1024;

const folderOf = ({ path: zip }: FetchStep) => path.dirname(zip);
const scratchOf = (step: FetchStep, id: string) => path.join(folderOf(step), id);

/** Returns the output of go without secrets of its settings, cut to 500 characters. */
function withoutSecrets(text: string, settings: ReadonlyMap<string, string>): string {
  const secrets = [...settings].flatMap(([name, value]) =>
    secretsIn(variable(name)?.secret ?? 'whole', value),
  );
  return redactText(text, secrets).slice(0, 500);
}

/** Returns the go command of the plan, if it still is safe to run. */
function programOf({ go }: FetchStep): { readonly program: CheckedProgram } | { readonly why: string } {
  const checked = checkProgram(go, []);
  if ('why' in checked) return { why: `${go} is not run: ${checked.why}` };
  return checked.program === go ? checked : { why: `${go} leads to another program now` };
}

async function fetchInto(step: FetchStep, scratch: string, text: Uint8Array): Promise<Taken> {
  const { module, version, approved } = step;
  const program = programOf(step);
  if ('why' in program) return { refused: program.why };
  await ensureDirectory(folderOf(step));
  if (!hasRoomFor(folderOf(step), room))
    return { refused: `${folderOf(step)} has less than ${room / 1024 / 1024} MiB left: make room there` };
  const settings = parseFetchSettings(text);
  const fetched = await fetchZip(
    program.program,
    { module, version, zip: downloadPath(module, version, 'zip'), settings, limitMs: longestFetchMs },
    scratch,
  );
  if ('why' in fetched) return { refused: `it cannot be fetched: ${withoutSecrets(fetched.why, settings)}` };
  const digest = await withZip(fetched.zip, `${module}@${version}/`, async (zip) =>
    digestOf(await hashZip(zip)),
  );
  if (digest !== approved)
    return { refused: `what was fetched is not what was approved: its files are ${digest}, not ${approved}` };
  await renameFile(fetched.zip, step.path);
  return { done: true };
}

/** Removes the work directory of a fetch and, with `zip`, also its zip. Throws the system's error. */
async function clear(step: FetchStep, id: string, what: 'scratch' | 'zip'): Promise<void> {
  await removeFetch(scratchOf(step, id));
  if (what === 'zip') await removeFile(step.path);
  await removeEmptyDirectory(folderOf(step));
}

/** Returns the system's error of some work in words, `undefined` where there was none. */
async function reasonOf(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return systemReason(error);
  }
}

async function take(step: FetchStep, id: string, text: Uint8Array | undefined): Promise<Taken> {
  if (text === undefined) return { refused: 'the settings for the download are no longer kept' };
  let taken: Taken;
  try {
    // Files of the same id are left from a killed fetch of this rollback.
    await clear(step, id, 'zip');
    taken = await fetchInto(step, scratchOf(step, id), text);
  } catch (error) {
    if (error instanceof ZipProblem) taken = { refused: `what was fetched cannot be used: ${error.message}` };
    else if (isSystemError(error)) taken = { failed: systemReason(error) };
    else throw error;
  }
  const left = await reasonOf(clear(step, id, 'done' in taken ? 'scratch' : 'zip'));
  return left !== undefined && 'done' in taken ? { failed: left } : taken;
}

/** The kind of step that downloads a release. */
export const fetchKind: StepKind<FetchStep> = {
  // The step writes only to the state directory. The program is checked right before it runs: a later start
  // that only cleans up does not run it.
  unsafe: () => [],
  take: (step, id, { bytes }) => take(step, id, bytes(step.settings)),
  verify: async ({ path: zip }) =>
    (await lstatOf(zip)) === undefined ? 'what was fetched is not there any more' : undefined,
  settle: (step, id) => clear(step, id, 'scratch'),
  takeBack: (step, id) => reasonOf(clear(step, id, 'zip')),
  finish: (step, id) => clear(step, id, 'zip'),
};
