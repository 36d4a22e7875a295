/** The table of mounts, in the form of proc_pid_mountinfo(5). */
import { expect, it } from 'vitest';
import { isNoexec, isReadOnlyForAll, mountOf, mountPoints } from '../../../src/host/mounts.ts';

const table = [
  '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '30 22 0:27 / /tmp rw,nosuid,noexec - tmpfs tmpfs rw',
  '31 30 0:28 / /tmp/with\\040blank rw,relatime - tmpfs tmpfs rw',
  '32 22 0:29 / /srv rw,noexec - tmpfs tmpfs rw',
  '33 32 0:30 / /srv rw - tmpfs tmpfs rw',
  '',
].join('\n');

it('finds the mount of a path, and whether programs may be started there', () => {
  expect(mountOf('/tmp/with blank/a', mountPoints(table))).toBe('/tmp/with blank');
  expect(
    ['/', '/tmp', '/tmp/a/b', '/tmp/with blank/a', '/tmpfs'].map((file) => isNoexec(file, table)),
  ).toEqual([false, true, true, false, false]);
  // Of two mounts at one point the last one is visible.
  expect(isNoexec('/srv/a', table)).toBe(false);
  expect(isNoexec('/a', '')).toBe(false);
});

it('tells a read-only file system from a read-only mount of a writable one', () => {
  const mounted = [
    '22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
    '30 22 254:0 /srv /srv ro,relatime - ext4 /dev/vda rw',
    '31 22 7:0 / /snap ro,nodev - squashfs /dev/loop0 ro,errors=continue',
  ].join('\n');
  expect(['/a', '/srv/a', '/snap/a'].map((file) => isReadOnlyForAll(file, mounted))).toEqual([
    false,
    false,
    true,
  ]);
  expect(isReadOnlyForAll('/a', '')).toBe(false);
});
