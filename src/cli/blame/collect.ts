/**
 * Collects everything that may be the cause of a failure: the differences from a record or snapshot, and the
 * findings whose repair is known.
 */

import { entryRule } from '../../catalog/entries.ts';
import { AppError } from '../../catalog/errors.ts';
import { facets } from '../../catalog/facets.ts';
import { pathRoots } from '../../drift/entries.ts';
import { unknownFindings } from '../../drift/known-finding.ts';
import { type Finding, factsOf } from '../../drift/model.ts';
import type { PathRoots } from '../../drift/portable.ts';
import { nameOfEntry } from '../../drift/secret-entries.ts';
import { type Entries, parseSnapshot } from '../../drift/snapshot.ts';
import type { Atom, Atoms, Fixed } from '../../explain/blame/atom.ts';
import { readFile } from '../../host/files.ts';
import { readMachine } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { ApprovedRecord } from '../../store/approved/record.ts';
import { readTargetBaselines } from '../../store/peek.ts';
import { isTreeStep } from '../../undo/step.ts';
import { readCommitted } from '../committed.ts';
import type { Inspection } from '../inspect.ts';
import { approvedSettings, isSetByFiles } from '../rollback/approved-settings.ts';
import { readApprovedState, recordPattern } from '../rollback/approved-state.ts';
import { differences } from '../rollback/prepare.ts';
import { prepareTrees } from '../rollback/prepare-trees.ts';
import { prepareVendor } from '../rollback/prepare-vendor.ts';
import type { EntryDifference, RollbackRequest } from '../rollback/request.ts';
import { differingEntries, fileAtoms, type Unweighed } from './file-atoms.ts';
import { findingAtoms } from './finding-atoms.ts';
import { lateAtoms } from './late-atoms.ts';
import { repositoryAtoms } from './repository-atoms.ts';
import { stampingAtom, stampingRule } from './stamping-atoms.ts';
import { toolchainAtom, variableAtoms } from './variable-atoms.ts';

/** The state that the present world is compared with. */
export interface Reference {
  /** In words: `what was accepted 2026-11-29T… by ann`. */
  readonly title: string;
  /** Undefined where nothing was approved; then findings are the only suspects. */
  readonly entries?: Entries;
  readonly record?: ApprovedRecord;
  /** Returns the bytes of a file of the record. */
  readonly bytes: (digest: string) => Uint8Array;
}

const noBytes = () => new Uint8Array();

/**
 * Resolves the argument of `--against`: `baseline`, a snapshot file, or the id or time of a record. Throws
 * AppError for anything else.
 */
export async function readReference(
  target: TargetSettings,
  stateDirectory: string,
  asked: string,
): Promise<Reference> {
  const request: RollbackRequest = { target, stateDirectory, facet: 'env' };
  if (asked !== 'baseline') {
    const file = readFile({ root: '/', path: asked });
    if (file.ok) {
      const { entries } = parseSnapshot(file.bytes.toString('utf8'));
      return { title: `the snapshot ${asked}`, entries, bytes: noBytes };
    }
    if (!recordPattern.test(asked))
      throw new AppError(
        `cannot compare with ${asked}`,
        'it is neither a readable snapshot nor the id or time of a record',
        'see godrift baseline list, or name a file that godrift snapshot wrote',
      );
    return ofRecord(await readApprovedState({ ...request, to: asked }));
  }
  if (readTargetBaselines(stateDirectory, target).accepted?.record !== undefined)
    return ofRecord(await readApprovedState(request));
  const committed = target.workspace === '' ? undefined : readCommitted(target.workspace);
  if (committed !== undefined)
    return { title: 'the committed .godrift.snapshot', entries: committed.entries, bytes: noBytes };
  return { title: 'no approved state: each finding against its repair', bytes: noBytes };
}

function ofRecord({ kept, entries, bytes }: Awaited<ReturnType<typeof readApprovedState>>): Reference {
  const { record } = kept;
  const who = record.who === undefined ? '' : ` by ${record.who}`;
  return {
    title: `what was accepted ${new Date(record.time).toISOString()}${who}`,
    entries,
    record,
    bytes,
  };
}

/** Returns the atoms of directory trees and vendor directories, which are no entries of the record. */
async function directoryAtoms(
  target: TargetSettings,
  stateDirectory: string,
  looked: Inspection,
  against: Reference,
  changes: readonly EntryDifference[],
): Promise<{ readonly atoms: readonly Unweighed[]; readonly fixed: readonly Fixed[] }> {
  const { record, entries, bytes } = against;
  if (record === undefined || entries === undefined) return { atoms: [], fixed: [] };
  const atoms: Unweighed[] = [];
  const fixed: Fixed[] = [];
  for (const facet of ['modules', 'toolchain'] as const) {
    const trees = await prepareTrees({ target, stateDirectory, facet }, looked, {
      record,
      entries,
      bytes,
    });
    fixed.push(...trees.left);
    for (const step of trees.steps.filter(isTreeStep))
      atoms.push({
        id: `tree ${step.path}`,
        facet,
        key: facet === 'modules' ? `modules.${step.prefix.split('@')[0]}` : 'toolchain.digest',
        kind: 'difference',
        title: `files of ${step.path}`,
        from: 'as downloaded',
        to: 'edited',
        origin: { kind: 'file', path: step.path },
        changes: [
          {
            do: 'tree',
            path: `${step.directory}/${step.name}`,
            tree: step.tree,
            zip: step.zip,
            prefix: step.prefix,
            mode: step.mode,
          },
        ],
        repair: `godrift rollback --facet ${facet}`,
        ownCache: true,
      });
  }
  const vendor = await prepareVendor(looked, changes, record);
  const differing = await differingEntries(vendor.entries);
  const files = fileAtoms(differing, (digest) => vendor.contents.get(digest) ?? bytes(digest));
  return { atoms: [...atoms, ...files.atoms], fixed: [...fixed, ...vendor.left, ...files.fixed] };
}

/**
 * Returns the roots of paths with GOROOT as it was when the record was approved: after an upgrade it is a
 * different one.
 */
function approvedRoots(looked: Inspection, entries: Entries): PathRoots {
  const now = pathRoots(looked.observation, readMachine().home ?? '');
  const goroot = entries.get('toolchain.goroot');
  return goroot?.startsWith('/') === true ? { ...now, goroot } : now;
}

/** Returns the findings that did not hold in the approved state. */
export function freshFindings({ state }: Inspection, { record }: Reference): readonly Finding[] {
  return unknownFindings(state.findings, record?.conflicts ?? []);
}

/** Collects all differences from the approved state, and all findings that did not hold then. */
export async function collectAtoms(
  target: TargetSettings,
  stateDirectory: string,
  looked: Inspection,
  against: Reference,
  process: ReadonlyMap<string, string>,
): Promise<Atoms> {
  const { entries, record, bytes } = against;
  const atoms: Unweighed[] = [];
  const fixed: Fixed[] = [];
  if (entries !== undefined) {
    const roots = approvedRoots(looked, entries);
    const changes = facets.flatMap((facet) => differences(looked, entries, facet));
    const settings = approvedSettings(record ?? { entries: [] }, bytes);
    // A value that the process environment set at the time of the approval is restored by no file.
    const ofProcess = new Set(
      changes
        .filter(
          (one) => one.key.startsWith('env.') && one.expected !== undefined && !isSetByFiles(one, settings),
        )
        .map(({ key }) => nameOfEntry(key)),
    );
    const files = fileAtoms(await differingEntries(record?.entries ?? []), bytes, ofProcess);
    const directories = await directoryAtoms(target, stateDirectory, looked, against, changes);
    const variables = variableAtoms({
      differences: changes.filter(({ key }) => key.startsWith('env.')),
      process,
      approvedFiles: settings,
      inFiles: new Set(files.atoms.map(({ title }) => title)),
      roots,
    });
    const hasLink = files.atoms.some(({ key }) => key === 'toolchain.link');
    const { local } = factsOf(looked.observation, 'toolchain') ?? {};
    // A GOROOT that is set does not tell which go PATH finds, so the go's own GOROOT is used.
    const found = local === undefined ? {} : { goroot: local.ownGoroot, version: local.version };
    const toolchain = hasLink ? undefined : toolchainAtom(entries, found, roots);
    atoms.push(...files.atoms, ...directories.atoms, ...variables.atoms);
    if (toolchain !== undefined) atoms.push(toolchain);
    fixed.push(...files.fixed, ...directories.fixed, ...variables.fixed);
  }
  const fresh = freshFindings(looked, against);
  const covered = new Set(atoms.map(({ key }) => key));
  const isStamping = ({ rule }: Finding) => rule === stampingRule;
  // The key of this finding is the variable that works around it, not what is wrong.
  atoms.push(...fresh.filter(isStamping).flatMap((one) => stampingAtom(looked, one) ?? []));
  const findings = findingAtoms(
    fresh.filter((one) => !isStamping(one)),
    covered,
    process,
  );
  const isLater = explainedBy(atoms);
  const weigh = (all: readonly Unweighed[]) => all.map((atom) => weighed(atom, looked));
  return {
    atoms: weigh([...atoms, ...findings.atoms.filter((one) => !isLater(one))]),
    later: weigh([...findings.atoms.filter(isLater), ...lateAtoms(looked, entries)]),
    fixed: [...fixed, ...findings.fixed],
  };
}

/**
 * Collects atoms from the repository around the workspace, for when undoing everything else does not help.
 */
export async function collectRepository(
  directory: string,
  looked: Inspection,
  { record }: Reference,
  known: Atoms,
): Promise<Pick<Atoms, 'atoms' | 'fixed'>> {
  const paths = [...known.atoms, ...known.later].flatMap(({ changes }) =>
    changes.flatMap((change) => ('path' in change ? [change.path] : [])),
  );
  const { atoms, fixed } = await repositoryAtoms(directory, record, new Set(paths));
  return { atoms: atoms.map((atom) => weighed(atom, looked)), fixed };
}

/** Returns the variables that an atom sets or unsets; PATH is one of them. */
const namesIn = ({ changes }: Unweighed) =>
  changes.flatMap((change) => (change.do === 'path' ? ['PATH'] : 'name' in change ? [change.name] : []));

/**
 * Returns a function that reports whether undoing one of the atoms already does what the repair of a finding
 * does: for variables by name, for files by facet.
 */
function explainedBy(atoms: readonly Unweighed[]): (finding: Unweighed) => boolean {
  const names = new Set(atoms.flatMap(namesIn));
  const facetsOfFiles = new Set(atoms.filter((atom) => namesIn(atom).length === 0).map(({ facet }) => facet));
  return (finding) => {
    const own = namesIn(finding);
    return own.length > 0 ? own.some((name) => names.has(name)) : facetsOfFiles.has(finding.facet);
  };
}

/** How much a finding adds to the likelihood of what it is about, by its level. */
const byLevel = { none: 0, patch: 0.5, minor: 2, major: 4 } as const;

/**
 * Estimates how likely an atom is the cause before anything is tried, from the weight of its entry and the
 * findings about it.
 */
function weighed(atom: Unweighed, { state }: Inspection): Atom {
  const about = state.findings.filter(
    ({ kind, rule, key, facet }) =>
      kind !== 'drift' &&
      (key === atom.key || rule === atom.key || (facet === atom.facet && facet !== 'env')),
  );
  const told = Math.max(0, ...about.map(({ level }) => byLevel[level]));
  return { ...atom, likelihood: 0.05 + entryRule(atom.key).plain.weight + told };
}
