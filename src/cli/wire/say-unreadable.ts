/** That a target cannot be read is a line of the log when it begins, when it is for another reason, and when it ends: who watches the log alone must not take it for quiet. */
import type { TargetState } from '../../drift/state.ts';
import { LruCache } from '../../host/lru.ts';
import type { Logger } from '../../tell/log.ts';

/** Targets of which is remembered what was said; more would be told once more. */
const mostSaid = 10_000;

interface Blindness {
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What of a target cannot be read, and why; undefined where all of it was read. */
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

/** To be called with each state that was seen of a target. */
export function sayUnreadable(log: Logger): (state: TargetState) => void {
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
