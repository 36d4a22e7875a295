/**
 * The answer of `godrift blame` as data: text output, JSON output and the journal event are made from it.
 * Pure.
 */
import type { Facet } from '../../catalog/facets.ts';
import type { Origin } from '../../drift/model.ts';
import type { ProbableWriter } from '../../drift/probable-writer.ts';
import type { Atom, Atoms, Fixed, Part } from './atom.ts';
import type { Finished, Tried } from './investigate.ts';

/** A line of go.mod, go.sum or go.work that is part of a cause. */
export interface BlamedLine {
  readonly file: string;
  /** Its current number, from 1; absent if the line is gone. */
  readonly line?: number;
  /** What the line is: `require example.com/x`, `go`, `sums of example.com/x`. */
  readonly directive: string;
  readonly from?: string;
  readonly to?: string;
}

/** A difference that is part of a cause. */
export interface BlamedEntry {
  readonly key: string;
  readonly facet: Facet;
  readonly kind: Atom['kind'];
  readonly title: string;
  readonly from?: string;
  readonly to?: string;
  readonly origin?: Origin;
  /**
   * For go.mod with go.sum, and for go.work: the lines that make the command fail only together. Absent if
   * the files could only be blamed as a whole.
   */
  readonly lines?: readonly [BlamedLine, ...BlamedLine[]];
  /** Onset of its drift, RFC 3339, and the trace of that drift, if an exporter recorded them. */
  readonly since?: string;
  readonly trace_id?: string;
  /** Probable writers of its files, if an exporter recorded them and the files have not changed since. */
  readonly writers?: readonly ProbableWriter[];
}

/** One cause: its entries make the command fail only together. */
export interface BlamedCause {
  readonly entries: readonly BlamedEntry[];
  readonly message: string;
  /** How a user undoes it; unless `proven`, it was not shown to make the command pass. */
  readonly repair: readonly string[];
  readonly proven: boolean;
  /**
   * The cause cannot be undone in a world; go alone was shown to fail in the same way, in an empty module
   * without settings.
   */
  readonly alone?: true;
}

/** An entry of a cause in the form of a finding, for programs that only ask what it is and what it was. */
export type Culprit = Pick<BlamedEntry, 'key' | 'origin' | 'since' | 'trace_id' | 'writers'> & {
  readonly expected?: string;
  readonly actual?: string;
};

/** The whole answer (schema/blame.schema.json, contract §8). */
export interface BlameDocument {
  readonly schema: 'godrift.blame/1';
  /** Whether there is a cause: the command failed here, but not in the approved world. */
  readonly reproduced: boolean;
  /** All entries of all causes. */
  readonly culprits: readonly Culprit[];
  /** The repair of all causes in one text; `''` if there is none. */
  readonly repair: string;
  readonly target: string;
  readonly workspace: string;
  readonly command: readonly string[];
  readonly against: string;
  readonly result: Finished['result'];
  /** The most informative line of the failure; `''` if it printed nothing, or if the command passed. */
  readonly message: string;
  /** Why there is no cause. */
  readonly why?: string;
  readonly causes: readonly BlamedCause[];
  /** Keys of the remaining suspects if the investigation was stopped; else empty. */
  readonly left: readonly string[];
  /** Number of differences; `fixed` are those that cannot be undone in a world. */
  readonly differences: number;
  readonly fixed: readonly Fixed[];
  /** Number of worlds tried; `trials` lists each with the number of differences present. */
  readonly worlds: number;
  readonly trials: readonly {
    readonly present: number;
    readonly verdict: Tried['verdict'];
    readonly ms: number;
  }[];
  /** Total duration in seconds. */
  readonly seconds: number;
}

/** Returns the open drift of a facet. `since` is ms since the epoch. */
export type OpenDrift = (facet: Facet) => { readonly since: number; readonly traceId: string } | undefined;

/** What an exporter on this host recorded about the differences. */
export interface Remembered {
  readonly drift: OpenDrift;
  readonly writers: (atom: Atom) => readonly ProbableWriter[];
}

function lineOf({ file, line, title, from, to }: Part): BlamedLine {
  return {
    file,
    ...(line === undefined ? {} : { line }),
    directive: title,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}

function entryOf(atom: Atom, parts: readonly Part[], { drift, writers }: Remembered): BlamedEntry {
  const { key, facet, kind, title, from, to, origin } = atom;
  const open = drift(facet);
  const wrote = writers(atom);
  const [first, ...more] = parts.map(lineOf);
  return {
    key,
    facet,
    kind,
    title,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(origin === undefined ? {} : { origin }),
    ...(first === undefined ? {} : { lines: [first, ...more] }),
    ...(open === undefined ? {} : { since: new Date(open.since).toISOString(), trace_id: open.traceId }),
    ...(wrote.length === 0 ? {} : { writers: wrote }),
  };
}

function culpritOf({ key, from, to, origin, since, trace_id, writers }: BlamedEntry): Culprit {
  return {
    key,
    ...(from === undefined ? {} : { expected: from }),
    ...(to === undefined ? {} : { actual: to }),
    ...(origin === undefined ? {} : { origin }),
    ...(since === undefined ? {} : { since }),
    ...(trace_id === undefined ? {} : { trace_id }),
    ...(writers === undefined ? {} : { writers }),
  };
}

/** Why nothing is blamed, by the world that gave two different results. */
const flakyText: Readonly<Record<Extract<Finished, { result: 'flaky' }>['world'], string>> = {
  present:
    'the command fails and passes in one and the same world, the present one: it is flaky, and nothing is blamed',
  approved:
    'the command passes and fails in one and the same world, the approved one: it is flaky, and nothing is blamed',
  cause: 'the command fails otherwise when it is tried again: it is flaky, and nothing is blamed',
};

/** Recognises messages about a missing network: from Go's net package, libc's resolver, curl and git. */
const isCutOff = (message: string) =>
  /\bdial (?:tcp|udp)\b|network is unreachable|no such host|name resolution|Could not resolve host/i.test(
    message,
  );

function whyOf(finished: Finished, { atoms, fixed }: Atoms, hasNetwork: boolean): string | undefined {
  if (finished.result === 'flaky') return flakyText[finished.world];
  if (finished.result !== 'not-reproduced') return undefined;
  const { message, approved } = finished;
  const network =
    !hasNetwork && [message, approved].some(isCutOff)
      ? '; worlds have no network: download what it wants first (go mod download), or give --network'
      : '';
  if (atoms.length === 0)
    return fixed.length === 0
      ? `nothing differs, and no finding has a repair that could be tried${network}`
      : `nothing of what differs can be undone in a world${network}`;
  return `with all ${atoms.length} differences undone the command fails as well: ${approved || 'it says nothing'}${network}`;
}

/** The question. */
export interface BlameQuestion {
  readonly target: string;
  readonly workspace: string;
  readonly command: readonly string[];
  readonly against: string;
  readonly hasNetwork: boolean;
}

/** Returns the answer. `hide` removes secrets from the command's output. */
export function blameDocument(
  { hasNetwork, ...asked }: BlameQuestion,
  {
    finished,
    known,
    parts,
    trials,
    ms,
  }: {
    readonly finished: Finished;
    readonly known: Atoms;
    /** Parts of the divided atoms, by atom id. */
    readonly parts: ReadonlyMap<string, readonly Part[]>;
    readonly trials: BlameDocument['trials'];
    readonly ms: number;
  },
  remembered: Remembered,
  hide: (text: string) => string,
): BlameDocument {
  const byId = new Map(known.atoms.map((atom) => [atom.id, atom]));
  const atomsOf = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const partsOf = (id: string, ids: readonly string[] = []) =>
    (parts.get(id) ?? []).filter((part) => ids.includes(part.id));
  const found = finished.result === 'found' ? finished.causes : [];
  const why = whyOf(finished, known, hasNetwork);
  const causes = found.map(({ ids, message, healedBy, alone, inside = [] }) => ({
    entries: atomsOf(ids).map((atom) => {
      const within = inside.find(({ id }) => id === atom.id);
      return entryOf(atom, partsOf(atom.id, within?.parts), remembered);
    }),
    message: hide(message),
    repair: [
      ...new Set(
        atomsOf(healedBy ?? ids).flatMap(({ id, repair }) => {
          const lines = partsOf(id, inside.find((one) => one.id === id)?.healedBy);
          return lines.length === 0 ? [repair] : lines.map((part) => part.repair);
        }),
      ),
    ],
    proven: healedBy !== undefined,
    ...(alone === undefined ? {} : { alone }),
  }));
  return {
    schema: 'godrift.blame/1',
    ...asked,
    reproduced: causes.length > 0,
    culprits: causes.flatMap(({ entries }) => entries.map(culpritOf)),
    repair: causes.flatMap((cause) => cause.repair).join('; '),
    result: finished.result,
    message: 'message' in finished ? hide(finished.message) : '',
    ...(why === undefined ? {} : { why: hide(why) }),
    causes,
    left: finished.result === 'stopped' ? atomsOf(finished.left).map(({ key }) => key) : [],
    differences: known.atoms.length,
    fixed: known.fixed,
    worlds: trials.length,
    trials,
    seconds: Math.round(ms) / 1000,
  };
}

/** Returns the exit code: 1 if a cause was found, 0 if the command passes, 2 if no cause was found. */
export function exitCodeOf({ result }: Pick<BlameDocument, 'result'>): 0 | 1 | 2 {
  return result === 'found' ? 1 : result === 'passes' ? 0 : 2;
}

const placeOf = ({ origin }: BlamedEntry): string => {
  if (origin?.path !== undefined)
    return ` (${origin.path}${origin.line === undefined ? '' : `:${origin.line}`})`;
  return origin?.kind === 'process' ? ' (set for the process)' : '';
};

/** Returns a line as text: `require example.com/x v1.2.0 → v1.3.0 (/src/app/go.mod:7)`. */
function lineText({ file, line, directive, from, to }: BlamedLine): string {
  const change =
    from === undefined
      ? `${to ?? ''}, which is new`
      : to === undefined
        ? `${from}, which is gone`
        : `${from} → ${to}`;
  return `${directive}${change.startsWith(',') ? '' : ' '}${change} (${file}${line === undefined ? '' : `:${line}`})`;
}

/**
 * Returns an entry as text: `env.GOFLAGS: -trimpath → -mod=vendor (~/.config/go/env:3), since … (trace …)`.
 */
export function entryText(entry: BlamedEntry): string {
  const { key, kind, title, from, to, lines, since, trace_id } = entry;
  const isEdited = from === undefined && to === undefined;
  const change =
    kind === 'repair' ? title : isEdited ? 'edited' : `${from ?? 'not set'} → ${to ?? 'not set'}`;
  const named = kind === 'repair' || title === key.slice(key.indexOf('.') + 1) ? '' : ` (${title})`;
  const when = since === undefined ? '' : `, since ${since}`;
  const trace = trace_id === undefined ? '' : `, trace ${trace_id.slice(0, 8)}`;
  if (lines !== undefined) return `${key}: ${lines.map(lineText).join(' together with ')}${when}${trace}`;
  return `${key}${named}: ${change}${placeOf(entry)}${when}${trace}`;
}
