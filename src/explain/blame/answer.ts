/** The answer as data: what is printed, as text or JSON, and what the journal keeps, is made of it. Pure. */
import type { Facet } from '../../catalog/facets.ts';
import type { Origin } from '../../drift/model.ts';
import type { Atom, Atoms, Fixed } from './atom.ts';
import type { Finished, Tried } from './investigate.ts';

/** A difference of a cause, for people and programs. */
export interface BlamedEntry {
  readonly key: string;
  readonly facet: Facet;
  readonly kind: Atom['kind'];
  readonly title: string;
  readonly from?: string;
  readonly to?: string;
  readonly origin?: Origin;
  /** Since when it drifts, RFC 3339, and the trace of that drift, where an exporter knows it. */
  readonly since?: string;
  readonly trace_id?: string;
}

/** One cause: its entries only together make the command fail. */
export interface BlamedCause {
  readonly entries: readonly BlamedEntry[];
  readonly message: string;
  /** What a person does; without `proven` it was not seen to heal. */
  readonly repair: readonly string[];
  readonly proven: boolean;
  /** Nothing could undo it; go alone was seen to fail in that way, in an empty module, without any setting. */
  readonly alone?: true;
}

/** Schema `godrift.blame/1`. */
export interface BlameDocument {
  readonly schema: 'godrift.blame/1';
  readonly target: string;
  readonly workspace: string;
  readonly command: readonly string[];
  readonly against: string;
  readonly result: Finished['result'];
  /** The line that tells most of how the command failed; `''` where it printed none, or did not fail. */
  readonly message: string;
  /** Why there is no cause, in words. */
  readonly why?: string;
  readonly causes: readonly BlamedCause[];
  /** Entries that are left when it was stopped. */
  readonly left: readonly string[];
  /** How many differences were looked at, and those that no world could be made without. */
  readonly differences: number;
  readonly fixed: readonly Fixed[];
  readonly worlds: readonly {
    readonly present: number;
    readonly verdict: Tried['verdict'];
    readonly ms: number;
  }[];
  /** Of all of it, ms. */
  readonly duration_ms: number;
}

/** The drift of a facet that is open. */
export type OpenDrift = (facet: Facet) => { readonly since: number; readonly traceId: string } | undefined;

function entryOf(atom: Atom, drift: OpenDrift): BlamedEntry {
  const { key, facet, kind, title, from, to, origin } = atom;
  const open = drift(facet);
  return {
    key,
    facet,
    kind,
    title,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(origin === undefined ? {} : { origin }),
    ...(open === undefined ? {} : { since: new Date(open.since).toISOString(), trace_id: open.traceId }),
  };
}

const whyNot: Readonly<Record<'flaky', Readonly<Record<'present' | 'approved' | 'cause', string>>>> = {
  flaky: {
    present:
      'the command fails and passes in one and the same world, the present one: it is flaky, and nothing is blamed',
    approved:
      'the command passes and fails in one and the same world, the approved one: it is flaky, and nothing is blamed',
    cause: 'the command fails otherwise when it is tried again: it is flaky, and nothing is blamed',
  },
};

function whyOf(finished: Finished, { atoms, fixed }: Atoms): string | undefined {
  if (finished.result === 'flaky') return whyNot.flaky[finished.world];
  if (finished.result !== 'not-reproduced') return undefined;
  if (atoms.length === 0)
    return fixed.length === 0
      ? 'nothing differs, and no finding has a repair that could be tried'
      : 'nothing of what differs can be undone in a world';
  return `with all ${atoms.length} differences undone the command fails as well: ${finished.approved || 'it says nothing'}`;
}

/** What was asked. */
export interface Asked {
  readonly target: string;
  readonly workspace: string;
  readonly command: readonly string[];
  readonly against: string;
}

/** Makes the answer. `hide` takes secrets out of what the command printed. */
export function blameDocument(
  asked: Asked,
  {
    finished,
    known,
    worlds,
    ms,
  }: {
    readonly finished: Finished;
    readonly known: Atoms;
    readonly worlds: BlameDocument['worlds'];
    readonly ms: number;
  },
  drift: OpenDrift,
  hide: (text: string) => string,
): BlameDocument {
  const byId = new Map(known.atoms.map((atom) => [atom.id, atom]));
  const atomsOf = (ids: readonly string[]) => ids.flatMap((id) => byId.get(id) ?? []);
  const causes = finished.result === 'found' ? finished.causes : [];
  const why = whyOf(finished, known);
  return {
    schema: 'godrift.blame/1',
    ...asked,
    result: finished.result,
    message: 'message' in finished ? hide(finished.message) : '',
    ...(why === undefined ? {} : { why: hide(why) }),
    causes: causes.map(({ ids, message, healedBy, alone }) => ({
      entries: atomsOf(ids).map((atom) => entryOf(atom, drift)),
      message: hide(message),
      repair: [...new Set(atomsOf(healedBy ?? ids).map(({ repair }) => repair))],
      proven: healedBy !== undefined,
      ...(alone === undefined ? {} : { alone }),
    })),
    left: finished.result === 'stopped' ? atomsOf(finished.left).map(({ key }) => key) : [],
    differences: known.atoms.length,
    fixed: known.fixed,
    worlds,
    duration_ms: Math.round(ms),
  };
}

/** 1 with a cause, 0 where nothing fails, 2 where none was found. */
export function exitCodeOf({ result }: Pick<BlameDocument, 'result'>): 0 | 1 | 2 {
  return result === 'found' ? 1 : result === 'passes' ? 0 : 2;
}

const placeOf = ({ origin }: BlamedEntry): string => {
  if (origin?.path !== undefined)
    return ` (${origin.path}${origin.line === undefined ? '' : `:${origin.line}`})`;
  return origin?.kind === 'process' ? ' (set for the process)' : '';
};

/** One entry in words: `env.GOFLAGS: -trimpath → -mod=vendor (~/.config/go/env:3), since … (trace …)`. */
export function entryText(entry: BlamedEntry): string {
  const { key, kind, title, from, to, since, trace_id } = entry;
  const change = kind === 'repair' ? title : `${from ?? 'not set'} → ${to ?? 'not set'}`;
  const named = kind === 'repair' || title === key.slice(key.indexOf('.') + 1) ? '' : ` (${title})`;
  const when = since === undefined ? '' : `, since ${since}`;
  const trace = trace_id === undefined ? '' : `, trace ${trace_id.slice(0, 8)}`;
  return `${key}${named}: ${change}${placeOf(entry)}${when}${trace}`;
}
