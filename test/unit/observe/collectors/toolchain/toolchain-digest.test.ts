/** When an exporter walks the tree of a toolchain, whose thousands of files are shared by all targets. */
import { describe, expect, it } from 'vitest';
import { isUnchanged, recordTrace, thisMoment } from '../../../../../src/host/read-trace.ts';
import {
  createDigests,
  type TreeQuery,
} from '../../../../../src/observe/collectors/toolchain/toolchain-digest.ts';
import type { WorkerPool } from '../../../../../src/observe/pool/worker-pool.ts';

/** Makes the digests of a tree, with counted walks and a manual clock. */
function world() {
  let now = 0;
  let walks = 0;
  let told = 0;
  const workerPool: WorkerPool = {
    lanes: 1,
    share: 1,
    run: async () => {
      walks++;
      return { digest: `sha256:${walks}`, files: '', changed: false } as never;
    },
    start: () => {},
    at: () => workerPool,
    stop: async () => {},
  };
  const digests = createDigests({
    steady: () => now,
    workerPool,
    lists: { load: () => undefined, save: async () => {} },
    changed: () => told++,
  });
  const tree = (mark: string): TreeQuery => ({ root: '/', path: '/go', real: '/go', mark });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    ask: async (mark: string) => {
      const { value, trace } = await recordTrace(() => digests.ask(tree(mark)));
      await settle();
      return { value, trace };
    },
    settle,
    turn: (ms: number) => {
      now += ms;
    },
    walks: () => walks,
    told: () => told,
  };
}

describe('the digest of a tree', () => {
  it('is computed once for many targets, however often they ask', async () => {
    const { ask, turn, walks, told } = world();
    expect((await ask('a')).value).toEqual({ pending: true });
    for (let target = 0; target < 200; target++) {
      turn(1_000);
      expect((await ask('a')).value).toEqual({ digest: 'sha256:1' });
    }
    expect(walks()).toBe(1);
    expect(told()).toBe(1);
  });

  it('is recomputed at once for a new mark of its programs, and every five minutes for the same mark', async () => {
    const { ask, turn, walks } = world();
    await ask('a');
    await ask('b');
    expect(walks()).toBe(2);
    turn(5 * 60_000 - 1);
    await ask('b');
    expect(walks()).toBe(2);
    turn(1);
    await ask('b');
    expect(walks()).toBe(3);
  });

  it('is not recomputed by a check of a target that saw the old programs', async () => {
    const { ask, settle, walks } = world();
    const { trace } = await ask('a');
    await ask('b');
    for (let pass = 0; pass < 3; pass++) {
      // The digest is a different one by now.
      expect(isUnchanged(trace, thisMoment())).toBe(false);
      await settle();
    }
    expect(walks()).toBe(2);
  });
});
