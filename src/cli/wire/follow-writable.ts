/**
 * Logs when the state directory becomes unwritable and when it is writable again, whichever write finds out.
 */
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';

/**
 * Returns a function that logs a change of the store's writability since its last call. A store that never
 * got its lock counts as known, since the start has logged that.
 */
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
    else
      log.warn(
        { records, why: store.state.problem ?? store.unheld() },
        'cannot write the state directory: records wait in memory',
      );
  };
}
