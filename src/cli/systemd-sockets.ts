/** Sockets that systemd passes to the process at its start: sd_listen_fds(3). */
import { AppError } from '../catalog/errors.ts';
import type { ListenSpec } from '../tell/listen.ts';

/** The first passed descriptor (SD_LISTEN_FDS_START). */
const firstSocket = 3;
const mostSockets = 16;

/**
 * Returns the sockets that systemd passed to the process `pid`. Throws AppError where there are none, and
 * where the variables were inherited from another process: the descriptors are not ours then.
 */
export function systemdSockets(env: ReadonlyMap<string, string>, pid: number): readonly ListenSpec[] {
  const refuse = (why: string): never => {
    throw new AppError(
      'cannot listen on sockets of systemd',
      why,
      'start godrift by a .socket unit, or leave --web.systemd-socket out',
    );
  };
  const count = Number(env.get('LISTEN_FDS') ?? '');
  if (!Number.isInteger(count) || count < 1) refuse('LISTEN_FDS names no socket');
  if (env.get('LISTEN_PID') !== String(pid)) refuse('LISTEN_PID names another process');
  if (count > mostSockets) refuse(`LISTEN_FDS names more than ${mostSockets}`);
  const names = (env.get('LISTEN_FDNAMES') ?? '').split(':');
  return Array.from({ length: count }, (_, index) => ({
    name: `socket ${names[index] || index + 1} of systemd`,
    where: { fd: firstSocket + index },
    todo: 'correct the .socket unit',
  }));
}
