/**
 * Who probably wrote a file that a drift is read from, and how that is known. Evidence is collected at the edge (observe/writers.ts) and judged here, purely: what is
 * told is true when it is told, or nothing is (docs/decisions/0090).
 */
import type { Facet } from '../catalog/facets.ts';
import { type Observation, seenOf } from './model.ts';
import type { ProbableWriter, WriterEvidence } from './probable-writer.ts';
import type { EntryChange } from './state.ts';

/** A file that facets are read from. */
export interface FileOfDrift {
  readonly path: string;
  readonly facets: readonly Facet[];
}

/** What a drift is about. */
export interface WhatDrifted {
  readonly workspace: string;
  readonly facets: readonly Facet[];
  readonly changes: readonly Pick<EntryChange, 'facet' | 'key' | 'origin'>[];
}

/** What the edge saw of a file of a drift. */
export interface FileEvidence extends FileOfDrift {
  readonly changed: number;
  readonly isLink: boolean;
  readonly uid: number;
  /** What git did to it between the looks. */
  readonly git?: Omit<Extract<WriterEvidence, { readonly how: 'git' }>, 'how'>;
  /** Who has it open for writing. */
  readonly open: readonly Omit<Extract<WriterEvidence, { readonly how: 'open' }>, 'how'>[];
  /** Not every descriptor could be looked at of those that may be of it: others may have it open as well. */
  readonly unseen?: boolean;
}

/** Between which looks a file has to have changed: the last one that saw the facet as it was, and this one; ms since the epoch. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** Of many processes with one file open the first are told. */
const mostOpen = 3;
/** The kernel tells when a process began to about a second. */
const startToleranceMs = 1000;

/** Whether a file changed between the looks; false where the clock was set back meanwhile, for then no time says anything. */
export function changedBetween(changed: number, { from, to }: Between): boolean {
  return from < changed && changed <= to;
}

/** Judges what was seen of a file. `users` are the uids to whom it is usual to belong. */
export function writersOf(
  { path: file, facets, changed, isLink, uid, git, open, unseen }: FileEvidence,
  between: Between,
  users: ReadonlySet<number>,
): readonly ProbableWriter[] {
  if (!changedBetween(changed, between)) return [];
  const about = { path: file, facets, changed };
  // A process that began after the last write cannot have made it.
  const writers = open.filter(({ started }) => started <= changed + startToleranceMs);
  const isAlone = writers.length === 1 && git === undefined && unseen !== true;
  return [
    ...(git === undefined ? [] : [{ ...about, confidence: 'likely', how: 'git', ...git } as const]),
    ...writers.slice(0, mostOpen).map(
      ({ program, pid, started }) =>
        ({
          ...about,
          confidence: isAlone ? 'likely' : 'possible',
          how: 'open',
          program,
          pid,
          started,
        }) as const,
    ),
    // Nobody can write to a link: it is made anew, and belongs to who made it unless root gives it away.
    ...(users.has(uid)
      ? []
      : [{ ...about, confidence: isLink ? 'likely' : 'possible', how: 'owner', uid } as const]),
  ];
}

/** Files that a facet is read from and that people and programs change; undefined where an observation names none. */
function pathsOf(
  facet: Facet,
  record: WhatDrifted,
  observation: Observation,
): readonly (string | undefined)[] {
  const toolchain = seenOf(observation, 'toolchain');
  const env = seenOf(observation, 'env');
  const project = toolchain?.project?.path;
  const changes = record.changes.filter((change) => change.facet === facet);
  const origins = changes.map(({ origin }) => origin?.path);
  const top = project === undefined ? record.workspace : project.slice(0, project.lastIndexOf('/'));
  switch (facet) {
    case 'env':
      // A variable that is gone has no origin: the GOENV file is where it most likely stood.
      return changes.some(({ origin }) => origin === undefined) ? [...origins, env?.goenv.path] : origins;
    case 'toolchain':
      return [...origins, project, toolchain?.candidates[0]?.path, env?.goenv.path];
    case 'modules':
      return [
        ...origins,
        project,
        ...['go.mod', 'go.sum', 'vendor/modules.txt'].map((name) => `${top}/${name}`),
      ];
    case 'tools': {
      const keys = new Set(changes.map(({ key }) => key));
      const tools = seenOf(observation, 'tools')?.tools ?? [];
      return [...origins, ...tools.filter(({ name }) => keys.has(`tools.${name}`)).map((tool) => tool.path)];
    }
    // A build cache has thousands of writers, and a context is of the machine.
    case 'cache':
    case 'context':
      return [];
  }
}

/** The files behind a drift by absolute path, each once with the facets that are read from it. */
export function filesOfDrift(record: WhatDrifted, observation: Observation): readonly FileOfDrift[] {
  const files = new Map<string, Facet[]>();
  for (const facet of record.facets)
    for (const file of pathsOf(facet, record, observation)) {
      if (file === undefined || !file.startsWith('/')) continue;
      const facets = files.get(file) ?? [];
      if (facets.length === 0) files.set(file, facets);
      if (!facets.includes(facet)) facets.push(facet);
    }
  return [...files].map(([file, facets]) => ({ path: file, facets }));
}
