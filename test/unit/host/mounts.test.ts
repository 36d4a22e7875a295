/** The table of mounts, in the form of proc_pid_mountinfo(5). */
import { expect, it } from 'vitest';
import { isNoexec, mountOf, mountPoints } from '../../../src/host/mounts.ts';

const table = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '30 22 0:27 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw',
  '31 30 0:28 / /tmp/with\\040blank rw,relatime - tmpfs tmpfs rw',
  '32 22 0:29 / /srv rw,noexec - tmpfs tmpfs rw',
  '33 32 0:30 / /srv rw - tmpfs tmpfs rw',
  '',
].join('\n');

it('says which mount a path lies on, and whether anything may be started there', () => {
  expect(mountOf('/tmp/with blank/a', mountPoints(table))).toBe('/tmp/with blank');
  expect(
    ['/', '/tmp', '/tmp/a/b', '/tmp/with blank/a', '/tmpfs'].map((file) => isNoexec(file, table)),
  ).toEqual([false, true, true, false, false]);
  // Of two mounts at one point the last one is seen.
  expect(isNoexec('/srv/a', table)).toBe(false);
  expect(isNoexec('/a', '')).toBe(false);
});
