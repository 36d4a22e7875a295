import { expect, it } from 'vitest';
import { accessProblem, hidesProcesses } from '../../../src/host/process-access.ts';

const status = (uid: string, gid: string, capabilities = '0000000000000000') =>
  `Name:\tgo\nUid:\t${uid}\nGid:\t${gid}\nCapPrm:\t${capabilities}\n`;
const own = status('1001\t1001\t1001\t1001', '1001\t1001\t1001\t1001');

it.each([
  ['another uid', status('1002\t1002\t1002\t1002', '1001\t1001\t1001\t1001'), 'uid'],
  ['a saved uid alone', status('1001\t1001\t0\t1001', '1001\t1001\t1001\t1001'), 'uid'],
  ['another gid', status('1001\t1001\t1001\t1001', '2000\t2000\t2000\t2000'), 'gid'],
  [
    'an additional capability',
    status('1001\t1001\t1001\t1001', '1001\t1001\t1001\t1001', '0000000000000400'),
    'capabilities',
  ],
  ['no visible difference', own, 'denied'],
])('explains why a process cannot be read: %s', (_, target, problem) => {
  expect(accessProblem(target, own)).toBe(problem);
});

it('recognises a /proc with hidepid, judged by the last mount', () => {
  const line = (options: string) => `25 1 0:23 / /proc rw,nosuid - proc proc rw${options}`;
  expect(hidesProcesses(line(''))).toBe(false);
  expect(hidesProcesses(line(',hidepid=0'))).toBe(false);
  expect(hidesProcesses(line(',hidepid=off'))).toBe(false);
  for (const value of ['1', '2', '4', 'noaccess', 'invisible', 'ptraceable'])
    expect(hidesProcesses(line(`,hidepid=${value}`)), value).toBe(true);
  expect(hidesProcesses(`${line(',hidepid=2')}\n${line('')}`)).toBe(false);
});
