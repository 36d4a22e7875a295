// Peak memory of a program, as it sees its own at its end.
import { spawnSync } from 'node:child_process';

// ru_maxrss of a child begins with the size of whoever started it (exec keeps it); VmHWM is of its own memory alone (proc_pid_status(5)).
const told = `
const { readFileSync } = process.getBuiltinModule('node:fs');
process.on('exit', () => {
  const own = process.platform === 'linux' ? /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] : undefined;
  process.stderr.write('\\n' + (own ?? process.resourceUsage().maxRSS));
});`;
const preload = `data:text/javascript,${encodeURIComponent(told)}`;

/** MB of a run of node with these arguments. */
export function peakMb(args, options = {}) {
  const { stderr } = spawnSync(process.execPath, ['--import', preload, ...args], {
    ...options,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return Number(stderr.trimEnd().split('\n').at(-1)) / 1024;
}
