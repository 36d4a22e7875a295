/**
 * Remembers the accepted baselines that this process has journalled at the time of the accept command. The
 * pass that finds such a baseline must not journal it again.
 */
import type { BaselineRecord } from '../../drift/events.ts';
import type { StepRecord } from '../../drift/step-data.ts';
import { storeKey } from '../../store/peek.ts';

/** The accepted baselines that are journalled already. */
export interface RecordedAccepts {
  readonly add: (record: BaselineRecord) => void;
  readonly has: (record: StepRecord) => boolean;
}

/**
 * More than one is kept, since a pass that began earlier may still find an older baseline. Passes end within
 * minutes.
 */
const most = 1000;

/** Creates an empty memory; beyond a thousand baselines the oldest is forgotten. */
export function recordedAccepts(): RecordedAccepts {
  const recorded = new Set<string>();
  const keyOf = (record: BaselineRecord) =>
    `${storeKey({ ...record, name: record.target })}\0${record.taken}`;
  return {
    add: (record) => {
      recorded.add(keyOf(record));
      for (const oldest of [...recorded].slice(0, -most)) recorded.delete(oldest);
    },
    has: (record) => record.type === 'baseline' && record.kind === 'accepted' && recorded.has(keyOf(record)),
  };
}
