/** Who probably wrote a file, as it is told: in the journal, in documents and in words (docs/decisions/0090). Pure. */
import { type Facet, isFacet } from '../catalog/facets.ts';

/** How sure it is that this is who wrote: `likely` where two witnesses agree or nobody else could, `possible` where others could have as well. Never more. */
export type Confidence = 'likely' | 'possible';

/** Who, and how it is known. Times in ms since the epoch. */
export type WriterEvidence =
  /** HEAD moved then to `commit`, by which the file has another content than before, and has it now. */
  | { readonly how: 'git'; readonly command: string; readonly at: number; readonly commit: string }
  /** It had the file open for writing when it was looked at. */
  | { readonly how: 'open'; readonly program: string; readonly pid: number; readonly started: number }
  /** The file belongs to that user, who is neither the target's nor the workspace's. */
  | { readonly how: 'owner'; readonly uid: number };

/** A file that changed between two looks, and who probably wrote it. */
export type ProbableWriter = WriterEvidence & {
  readonly path: string;
  /** Facets that are read from it. */
  readonly facets: readonly Facet[];
  /** The kernel's time of its last change, ms since the epoch. */
  readonly changed: number;
  readonly confidence: Confidence;
};

const isText = (value: unknown): value is string => typeof value === 'string';
/** What a Date takes. */
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

/** The writer that a line of a journal holds, which somebody may have edited; undefined for what is none. */
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

/** Who, and how it is known, in words. */
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

/** One sentence without its end: `go.mod likely written by git pull (…)`. */
export function writerText(writer: ProbableWriter): string {
  const adverb = writer.confidence === 'likely' ? 'likely' : 'possibly';
  return `${writer.path} ${adverb} written by ${evidenceText(writer)}`;
}
