// CPU time of whole processes, what they start included.
import { spawnSync } from 'node:child_process';

// Of children that ended: user and system time, which the parent has by wait4(2) and Node does not show. /proc/self/stat has both in ticks.
const { readFileSync } = process.getBuiltinModule('node:fs');
/** Clock ticks a second in /proc (proc_pid_stat(5)); Linux has had no other number for user space. */
const ticks = 100;

function childrenMs() {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[13]) + Number(fields[14])) * 1000) / ticks;
}

/** Mean CPU milliseconds and median wall milliseconds of runs of node, in turns, so that a busy moment hits all of them. Linux only. */
export function costs(runs, rounds) {
  const times = runs.map(() => ({ cpu: 0, wall: [] }));
  for (let round = 0; round <= rounds; round++) {
    for (const [index, { args, options }] of runs.entries()) {
      const [before, start] = [childrenMs(), performance.now()];
      spawnSync(process.execPath, args, { ...options, stdio: 'ignore' });
      if (round === 0) continue; // the first one warms caches of the disk
      times[index].wall.push(performance.now() - start);
      times[index].cpu += childrenMs() - before;
    }
  }
  return times.map(({ cpu, wall }) => ({
    cpu: cpu / rounds,
    wall: wall.sort((a, b) => a - b)[rounds >> 1],
  }));
}
