/**
 * Logs when a target becomes unreadable, when the reason changes and when it is readable again. Without these
 * lines a reader of the log would take an unreadable target for one without drift.
 */
import type { TargetState } from '../../drift/state.ts';
import { LruCache } from '../../host/lru.ts';
import type { Logger } from '../../tell/log.ts';

/** The most targets whose last message is remembered; beyond that a message may be repeated. */
const mostSaid = 10_000;

interface Blindness {
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Returns the log message for the unreadable part of a target; undefined if all of it was read. */
function blindnessOf({ readable, facetStatus, collectors }: TargetState): Blindness | undefined {
  const facets = Object.entries(facetStatus).flatMap(([facet, status]) =>
    status === 'unreadable' ? [facet] : [],
  );
  const why = collectors.find((one) => !one.success && facets.includes(one.collector))?.why;
  const whys = why === undefined ? {} : { why };
  if (!readable.ok)
    return { message: 'the target cannot be read', fields: { reason: readable.reason, ...whys } };
  if (facets.length === 0) return undefined;
  return { message: 'part of the target cannot be read', fields: { facets: facets.join(','), ...whys } };
}

/** Returns a function to call with each observed state of a target. */
export function logUnreadable(log: Logger): (state: TargetState) => void {
  const said = new LruCache<string>(mostSaid);
  return (state) => {
    const { target, workspace } = state;
    const key = `${target}\0${workspace}`;
    const blindness = blindnessOf(state);
    if (blindness === undefined) {
      if (said.get(key) !== undefined) log.info({ target }, 'the target can be read again');
      said.delete(key);
      return;
    }
    const text = JSON.stringify(blindness);
    if (said.get(key) === text) return;
    said.set(key, text);
    log.warn({ target, ...blindness.fields }, blindness.message);
  };
}
