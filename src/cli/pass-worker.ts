/**
 * Wires a worker of an exporter. The worker reads files itself and asks the main thread for what only that
 * knows.
 */
import path from 'node:path';
import { readsCommitted } from '../drift/choose-baseline.ts';
import { type Exemptions, exemptionsOf } from '../drift/exemptions.ts';
import type { BuildAnswer } from '../host/build-table.ts';
import { randomHex, sha256Hex } from '../host/digest.ts';
import { stampOf } from '../host/files.ts';
import { systemClock } from '../host/machine.ts';
import { probeOf } from '../host/probe.ts';
import { traceQuestion } from '../host/read-trace.ts';
import type { Program } from '../host/threads.ts';
import type { CacheVerdict } from '../observe/collectors/cache/auditors.ts';
import type { TreeDigest } from '../observe/collectors/toolchain/toolchain-digest.ts';
import { createWorker, type WatchingWorker } from '../observe/loop/worker.ts';
import type { TargetSettings } from '../observe/target.ts';
import { lostAs, readBaseline, targetFiles } from '../store/peek.ts';
import { readCommitted } from './committed.ts';
import { refineTarget } from './settings/workspace-file.ts';
import type { Answer, Question, WorkerSetup } from './worker-setup.ts';

/** Returns the current exemptions of a target. The schema library is loaded only if there is a file. */
async function exemptionsIn(
  { stateDirectory, whitelist }: WorkerSetup,
  target: TargetSettings,
): Promise<{ readonly value: Exemptions; readonly problem?: string }> {
  const file = { root: '/', path: path.join(stateDirectory, 'exemptions.json') };
  if (stampOf(file) === undefined)
    return { value: exemptionsOf({ waivers: [], deployments: [] }, whitelist, target) };
  const { peekExemptions } = await import('../store/exemptions.ts');
  const { value, problem } = peekExemptions(stateDirectory);
  return {
    value: exemptionsOf(value, whitelist, target),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Makes a worker that asks `program`, the main thread, for what only that knows. */
export function makeWorker(setup: WorkerSetup, program: Program): WatchingWorker {
  const { machine, resource, version, goFolders, stateDirectory, secretKey, disabledCollectors } = setup;
  const ask = async <T>(question: Question): Promise<T> => {
    const { value, live } = await program.ask<Question, Answer<T>>(question);
    for (const [name, then] of Object.entries(live)) {
      worker.live.set(name, then);
      traceQuestion(name, then, () => worker.live.get(name) ?? then);
    }
    return value;
  };
  const worker = createWorker({
    clock: systemClock,
    machine,
    emitter: { resource, version, randomId: randomHex, digest: sha256Hex },
    refine: refineTarget,
    committed: async (target, root) =>
      readsCommitted(target.baseline) ? readCommitted(target.workspace, root, target.found) : undefined,
    exemptions: (target) => exemptionsIn(setup, target),
    accepted: async (target) => {
      const found = readBaseline(targetFiles(stateDirectory, target), 'accepted');
      if (found.state === 'read') return { value: found.value };
      return found.state === 'absent' ? {} : { lost: lostAs('accepted', found) };
    },
    ...(goFolders === undefined ? {} : { confirmation: goFolders }),
    cache: (target, cache) => ask<CacheVerdict>({ of: 'cache', target, cache }),
    digest: (target, tree) => ask<TreeDigest>({ of: 'digest', target, tree }),
    build: (target, query) => ask<BuildAnswer>({ of: 'build', target, query }),
    secretKey,
    disabled: disabledCollectors,
    tell: (news) => program.tell(news),
    canary: probeOf(stateDirectory),
  });
  return worker;
}
