/** Accepted baselines that this process recorded when they were accepted: the look that finds one is not to tell it again. */
import type { BaselineRecord } from '../../drift/events.ts';
import type { StepRecord } from '../../drift/step-data.ts';
import { storeKey } from '../../store/peek.ts';

export interface ToldAccepts {
  readonly tell: (record: BaselineRecord) => void;
  readonly knows: (record: StepRecord) => boolean;
}

/** A look that began before may still find the one before the newest; looks end within minutes. */
const most = 1000;

/** An empty list, which forgets the oldest beyond a thousand. */
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
