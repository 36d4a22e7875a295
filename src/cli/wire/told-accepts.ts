/**
 * Remembers the accepted baselines that this process has journalled at the time of the accept command. The
 * pass that finds such a baseline must not journal it again.
 */
import type { BaselineRecord } from '../../drift/events.ts';
import type { StepRecord } from '../../drift/step-data.ts';
import { storeKey } from '../../store/peek.ts';

/** The accepted baselines that are journalled already. */
export interface ToldAccepts {
  readonly tell: (record: BaselineRecord) => void;
  readonly knows: (record: StepRecord) => boolean;
}

/**
 * More than one is kept, since a pass that began earlier may still find an older baseline. Passes end within
 * minutes.
 */
const most = 1000;

/** Creates an empty memory; beyond a thousand baselines the oldest is forgotten. */
export function toldAccepts(): ToldAccepts {
  const told = new Set<string>();
  const keyOf = (record: BaselineRecord) =>
    `${storeKey({ ...record, name: record.target })}\0${record.taken}`;
  return {
    tell: (record) => {
      told.add(keyOf(record));
      for (const oldest of [...told].slice(0, -most)) told.delete(oldest);
    },
    knows: (record) => record.type === 'baseline' && record.kind === 'accepted' && told.has(keyOf(record)),
  };
}
