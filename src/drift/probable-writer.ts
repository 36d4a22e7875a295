/** The probable writer of a file, as stored in the journal, and its text form (docs/decisions/0090). Pure. */
import { type Facet, isFacet } from '../catalog/facets.ts';

/**
 * `likely`: two pieces of evidence agree, or no other writer is possible. `possible`: there could be other
 * writers. Certainty is never claimed.
 */
export type Confidence = 'likely' | 'possible';

/** The writer, and the evidence for it. Times in ms since the epoch. */
export type WriterEvidence =
  /** HEAD moved to `commit` at that time, which changed the file's content to what it is now. */
  | { readonly how: 'git'; readonly command: string; readonly at: number; readonly commit: string }
  /** The process had the file open for writing when it was examined. */
  | { readonly how: 'open'; readonly program: string; readonly pid: number; readonly started: number }
  /** The file belongs to that user, who owns neither the target nor the workspace. */
  | { readonly how: 'owner'; readonly uid: number };

/** A file that changed between two observations, and its probable writer. */
export type ProbableWriter = WriterEvidence & {
  readonly path: string;
  /** Facets that are read from the file. */
  readonly facets: readonly Facet[];
  /** Time of the file's last change according to the kernel, ms since the epoch. */
  readonly changed: number;
  readonly confidence: Confidence;
};

const isText = (value: unknown): value is string => typeof value === 'string';
/** Reports whether a value is a time in the range of Date. */
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= 8_640_000_000_000_000;
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function evidenceIn(from: Readonly<Record<string, unknown>>): WriterEvidence | undefined {
  const { how, command, at, commit, program, pid, started, uid } = from;
  if (how === 'git' && isText(command) && isText(commit) && isTime(at)) return { how, command, at, commit };
  if (how === 'open' && isText(program) && isId(pid) && isTime(started))
    return { how, program, pid, started };
  return how === 'owner' && isId(uid) ? { how, uid } : undefined;
}

/** Parses a writer from a journal line, which may have been edited by hand; undefined if it is not one. */
export function probableWriterIn(value: unknown): ProbableWriter | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const from = value as Readonly<Record<string, unknown>>;
  const { path, facets, changed, confidence } = from;
  const evidence = evidenceIn(from);
  if (evidence === undefined || !isText(path) || !isTime(changed)) return undefined;
  if (confidence !== 'likely' && confidence !== 'possible') return undefined;
  if (!Array.isArray(facets) || !facets.every((one) => isText(one) && isFacet(one))) return undefined;
  return { path, facets, changed, confidence, ...evidence };
}

const timeText = (ms: number) => new Date(ms).toISOString().slice(0, 19).concat('Z');

/** Returns the writer and the evidence as text. */
function evidenceText(writer: ProbableWriter): string {
  switch (writer.how) {
    case 'git':
      return `git ${writer.command} (HEAD moved to ${writer.commit.slice(0, 8)} at ${timeText(writer.at)}, and it has that content)`;
    case 'open':
      return `${writer.program}, pid ${writer.pid} (it has the file open for writing)`;
    case 'owner':
      return `uid ${writer.uid} (the ${writer.confidence === 'likely' ? 'link' : 'file'} belongs to that user)`;
  }
}

/** Returns one sentence without its full stop: `go.mod likely written by git pull (…)`. */
export function writerText(writer: ProbableWriter): string {
  const adverb = writer.confidence === 'likely' ? 'likely' : 'possibly';
  return `${writer.path} ${adverb} written by ${evidenceText(writer)}`;
}
