/** Sockets that systemd opened before it started this process: sd_listen_fds(3). */
import { AppError } from '../catalog/errors.ts';
import type { ListenPlace } from '../tell/listen-place.ts';

/** The first descriptor that is handed over (SD_LISTEN_FDS_START). */
const firstSocket = 3;
const mostSockets = 16;

/**
 * The sockets that were handed to the process `pid`. Throws AppError where there are none: variables that were inherited from somebody else's
 * start name descriptors that are not ours.
 */
export function systemdSockets(env: ReadonlyMap<string, string>, pid: number): readonly ListenPlace[] {
  const refuse = (why: string): never => {
    throw new AppError(
      'cannot listen on sockets of systemd',
      why,
      'start godrift by a .socket unit, or leave --web.systemd-socket out',
    );
  };
  const count = Number(env.get('LISTEN_FDS') ?? '');
  if (!Number.isInteger(count) || count < 1) refuse('LISTEN_FDS names none');
  if (env.get('LISTEN_PID') !== String(pid)) refuse('LISTEN_PID is another process');
  if (count > mostSockets) refuse(`LISTEN_FDS names more than ${mostSockets}`);
  const names = (env.get('LISTEN_FDNAMES') ?? '').split(':');
  return Array.from({ length: count }, (_, index) => ({
    name: `socket ${names[index] || index + 1} of systemd`,
    where: { fd: firstSocket + index },
    todo: 'correct the .socket unit',
  }));
}
