/** Which file system a path lies on, by the kernel's table of mounts: asking the path itself may hang. */
import { readFileSync } from 'node:fs';

/** A mount point as the table writes it: space, tab, newline and backslash are octal (proc_pid_mountinfo(5)). */
function decoded(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The mount points of a table in the form of `/proc/self/mountinfo`. */
export function mountPoints(table: string): readonly string[] {
  return table.split('\n').flatMap((line) => decoded(line.split(' ')[4] ?? '') || []);
}

/** The mount point that a path lies below; `/` where nobody says, or for a relative path. */
export function mountOf(file: string, points: readonly string[]): string {
  return points.reduce(
    (best, point) => (point.length > best.length && `${file}/`.startsWith(`${point}/`) ? point : best),
    '/',
  );
}

/**
 * Whether a table says that nothing may be started from below a path (`noexec`, mount(8)), which must be real. Of several mounts at one point the last
 * one is seen.
 */
export function isNoexec(file: string, table: string): boolean {
  return lineOf(file, table)?.split(' ')[5]?.split(',').includes('noexec') === true;
}

/** The line of the mount that a real path lies on. */
function lineOf(file: string, table: string): string | undefined {
  const point = mountOf(file, mountPoints(table));
  return table.split('\n').findLast((one) => decoded(one.split(' ')[4] ?? '') === point);
}

/**
 * Whether a table says that the file system of a real path is read-only for everybody: by its own options, the last field of a line. Those of the mount
 * (the sixth) hold for who has that mount.
 */
export function isReadOnlyForAll(file: string, table: string): boolean {
  const own = / - \S+ \S+ (\S+)$/.exec(lineOf(file, table) ?? '')?.[1];
  return own?.split(',').includes('ro') === true;
}

/** The table of now; one without a line where nobody says. */
function tableNow(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

/** {@link isNoexec} with the mounts of now; false where nobody says. */
export function isNoexecNow(file: string): boolean {
  return isNoexec(file, tableNow());
}

/** {@link isReadOnlyForAll} with the mounts of now; false where nobody says. */
export function isReadOnlyForAllNow(file: string): boolean {
  return isReadOnlyForAll(file, tableNow());
}

/** {@link mountOf} with the mounts of now. */
export function currentMountOf(file: string): string {
  return mountOf(file, mountPoints(tableNow()));
}

/** A mount: where, and its flags. */
export interface MountEntry {
  readonly point: string;
  readonly options: readonly string[];
}

/** Every mount of now, each point once with what is seen there; none where nobody says. */
export function currentMounts(): readonly MountEntry[] {
  const found = new Map<string, MountEntry>();
  for (const line of tableNow().split('\n')) {
    const fields = line.split(' ');
    const point = decoded(fields[4] ?? '');
    if (point !== '') found.set(point, { point, options: (fields[5] ?? '').split(',') });
  }
  return [...found.values()];
}
