/**
 * Determines the probable writer of a file behind a drift. The evidence is collected by observe/writers.ts
 * and judged here, purely: a statement must be true when it is made, or none is made (docs/decisions/0090).
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

/** The subject of a drift. */
export interface WhatDrifted {
  readonly workspace: string;
  readonly facets: readonly Facet[];
  readonly changes: readonly Pick<EntryChange, 'facet' | 'key' | 'origin'>[];
}

/** Evidence about a file behind a drift. */
export interface FileEvidence extends FileOfDrift {
  readonly changed: number;
  readonly isLink: boolean;
  readonly uid: number;
  /** The git operation that changed the file between the observations. */
  readonly git?: Omit<Extract<WriterEvidence, { readonly how: 'git' }>, 'how'>;
  /** Processes that have the file open for writing. */
  readonly open: readonly Omit<Extract<WriterEvidence, { readonly how: 'open' }>, 'how'>[];
  /**
   * Some file descriptors that may be of this file could not be examined, so other processes may have it open
   * as well.
   */
  readonly unseen?: boolean;
}

/** The time between the last observation before the change and this one, ms since the epoch. */
export interface Between {
  readonly from: number;
  readonly to: number;
}

/** Most processes to report for one file. */
const mostOpen = 3;
/** The kernel reports the start time of a process to about one second. */
const startToleranceMs = 1000;

/**
 * Reports whether a file changed between the observations; false if the clock was set back in between,
 * because then times prove nothing.
 */
export function changedBetween(changed: number, { from, to }: Between): boolean {
  return from < changed && changed <= to;
}

/** Judges the evidence about a file. `users` are the uids that files here usually belong to. */
export function writersOf(
  { path: file, facets, changed, isLink, uid, git, open, unseen }: FileEvidence,
  between: Between,
  users: ReadonlySet<number>,
): readonly ProbableWriter[] {
  if (!changedBetween(changed, between)) return [];
  const about = { path: file, facets, changed };
  // A process that started after the last write cannot have made it.
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
    // A symlink cannot be written to, only recreated, so it belongs to its creator unless root changes the
    // owner.
    ...(users.has(uid)
      ? []
      : [{ ...about, confidence: isLink ? 'likely' : 'possible', how: 'owner', uid } as const]),
  ];
}

/**
 * Returns the files that a facet is read from and that users and programs edit; undefined where the
 * observation names none.
 */
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
      // A variable that is gone has no origin; the GOENV file is its most likely former place.
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
    // A build cache has thousands of writers, and the context describes the machine.
    case 'cache':
    case 'context':
      return [];
  }
}

/**
 * Returns the absolute paths of the files behind a drift, each once with all facets that are read from it.
 */
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
