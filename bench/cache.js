// The audit of a build cache: all of it read, beside coreutils and OpenSSL on the same files and cores, and a round in which nothing changed.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fill, makeFolders, putAction, sha256 } from './shared/build-cache.js';
import { peakMb } from './shared/peak.js';

const program = fileURLToPath(new URL('../dist/godrift.js', import.meta.url));
const cores = availableParallelism();
/** What the machine can do when nobody else wants it. */
const best = (list) => Math.min(...list);
const megabytes = (bytes) => bytes / 1e6;

/** Small outputs, as many as a busy machine has. */
function fillSmall(cache, entries) {
  makeFolders(cache);
  for (let count = 0; count < entries / 2; count++) {
    const data = `output ${count}`;
    const output = sha256(data);
    writeFileSync(path.join(cache, output.slice(0, 2), `${output}-d`), data);
    putAction(cache, sha256(`action ${count}`), output, data.length);
  }
}

function seconds(command, args, cache) {
  const start = performance.now();
  const { status, stderr } = spawnSync(command, args, {
    cwd: cache,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return (performance.now() - start) / 1000;
}

const builder = { uid: process.getuid(), gids: [] };

function directoryOf(cache) {
  const { dev, ino } = statSync(cache);
  return { path: cache, identity: `${dev}:${ino}` };
}

/** The sums of all outputs with a tool, on all cores. */
const sums = (tool) => ['-c', `find . -name '*-d' -print0 | xargs -0 -n 64 -P ${cores} ${tool}`];

/** Seconds of a first audit in a process that runs already, its threads started for it; of an exporter but for the share of a core. */
async function auditSeconds(cache, { createAudit, createWorkerPool }) {
  const start = performance.now();
  const crew = createWorkerPool(cores, 1);
  const content = await createAudit(directoryOf(cache), builder, crew, Date.now).round();
  const time = (performance.now() - start) / 1000;
  await crew.stop();
  if (content.verified !== content.outputs) throw new Error('not every output was verified');
  return time;
}

async function coldRows(scratch, product) {
  const cache = path.join(scratch, 'cold');
  // A cache as a busy machine has it.
  const bytes = fill(cache, 6e9);
  const peers = [
    { name: 'sha256sum', tool: 'sha256sum', budget: 3 },
    { name: 'openssl dgst -sha256', tool: 'openssl dgst -sha256', budget: 0.85 },
  ];
  const own = [];
  const command = [];
  const theirs = peers.map(() => []);
  const verify = ['cache', 'verify', '--gocache', cache];
  // Once for the page cache; then in turns.
  seconds('sh', sums('cat'), cache);
  for (let round = 0; round < 3; round++) {
    own.push(await auditSeconds(cache, product));
    command.push(seconds(process.execPath, [program, ...verify], cache));
    for (const [index, { tool }] of peers.entries()) theirs[index].push(seconds('sh', sums(tool), cache));
  }
  const rate = (list) => megabytes(bytes) / best(list);
  const row = (what, list, { name, budget }, index) => {
    const ratio = rate(list) / rate(theirs[index]);
    return {
      what: `${what}, ${cores} cores, beside ${name}`,
      value: `${rate(list).toFixed(0)} MB/s`,
      peer: `${rate(theirs[index]).toFixed(0)} MB/s`,
      ratio,
      ...(budget === undefined ? {} : { budget: `>= ${budget}`, ok: ratio >= budget }),
    };
  };
  return [
    ...peers.map((peer, index) => row('all outputs read', own, peer, index)),
    ...peers.map(({ name }, index) => row('cache verify, start and all', command, { name }, index)),
    { what: 'memory of that command', value: `${peakMb([program, ...verify]).toFixed(0)} MB` },
  ];
}

async function warmRows(scratch, { createAudit, createWorkerPool }) {
  const cache = path.join(scratch, 'warm');
  const entries = 100_000;
  fillSmall(cache, entries);
  const crew = createWorkerPool(cores, 1);
  const audit = createAudit(directoryOf(cache), builder, crew, Date.now);
  await audit.round();
  globalThis.gc?.();
  const before = process.memoryUsage();
  const times = [];
  for (let round = 0; round < 5; round++) {
    const start = performance.now();
    const content = await audit.round();
    times.push((performance.now() - start) / 1000);
    if (content.verified !== entries / 2)
      throw new Error(`${content.verified} of ${entries / 2} outputs are verified`);
  }
  await crew.stop();
  const time = best(times);
  const peer =
    Number(
      execFileSync(
        'sh',
        [
          '-c',
          `s=$(date +%s%N); find . -type f -printf '%i %s %T@ %C@\\n' > /dev/null; e=$(date +%s%N); echo $((e - s))`,
        ],
        { cwd: cache, encoding: 'utf8' },
      ),
    ) / 1e9;
  return [
    {
      what: `a round over ${entries} entries, nothing changed`,
      value: `${time.toFixed(2)} s`,
      peer: `find -printf: ${peer.toFixed(2)} s`,
      ratio: time / peer,
      budget: '< 0.6 s',
      ok: time < 0.6,
    },
    {
      what: 'memory of its ledger',
      value: `${megabytes(before.arrayBuffers + before.external).toFixed(0)} MB`,
    },
  ];
}

export default {
  name: 'cache',
  async run({ load }) {
    const scratch = mkdtempSync(path.join(tmpdir(), 'godrift-bench-cache-'));
    try {
      const [{ createAudit }, { createWorkerPool }] = await load(
        'observe/collectors/cache/audit',
        'observe/pool/worker-pool',
      );
      const product = { createAudit, createWorkerPool };
      return [...(await coldRows(scratch, product)), ...(await warmRows(scratch, product))];
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  },
};
