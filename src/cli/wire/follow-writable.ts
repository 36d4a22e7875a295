/** That the state directory cannot be written, as the log says it: when it begins and when it is over, whichever write meets it. */
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';

/** Looks at the store whenever it is called, and says what changed. What keeps the lock away was said at the start. */
export function followWritable(
  log: Logger,
  store: Pick<Store, 'closing' | 'unheld' | 'unwritten' | 'writable'> & {
    readonly state: Pick<Store['state'], 'problem'>;
  },
): () => void {
  let told = store.unheld() === undefined;
  return () => {
    const writable = store.writable();
    if (writable === told || store.closing()) return;
    told = writable;
    const records = store.unwritten();
    if (writable) log.info({}, 'the state directory can be written again');
    else log.warn({ records, why: store.state.problem ?? store.unheld() }, 'what is to be recorded waits');
  };
}
