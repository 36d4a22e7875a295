/**
 * Looks up the file system of a path in the kernel's mount table, because a system call on the path itself
 * may hang.
 */
import { readFileSync } from 'node:fs';

/**
 * Decodes a field of the table, in which space, tab, newline and backslash are octal (proc_pid_mountinfo(5)).
 */
function decoded(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** Returns the mount points of a table in the format of `/proc/self/mountinfo`. */
export function mountPoints(table: string): readonly string[] {
  return table.split('\n').flatMap((line) => decoded(line.split(' ')[4] ?? '') || []);
}

/** Returns the mount point above a path; `/` for a relative path or an unreadable table. */
export function mountOf(file: string, points: readonly string[]): string {
  return points.reduce(
    (best, point) => (point.length > best.length && `${file}/`.startsWith(`${point}/`) ? point : best),
    '/',
  );
}

/**
 * Reports whether a table forbids running programs below a real path (`noexec`, mount(8)). Of several mounts
 * at one point the last is visible.
 */
export function isNoexec(file: string, table: string): boolean {
  return lineOf(file, table)?.split(' ')[5]?.split(',').includes('noexec') === true;
}

/** Returns the line of the mount that holds a real path. */
function lineOf(file: string, table: string): string | undefined {
  const point = mountOf(file, mountPoints(table));
  return table.split('\n').findLast((one) => decoded(one.split(' ')[4] ?? '') === point);
}

/**
 * Reports whether the file system of a real path is read-only for everybody, by its own options in the last
 * field. The options of the mount (the sixth field) apply only to processes with that mount.
 */
export function isReadOnlyForAll(file: string, table: string): boolean {
  const own = / - \S+ \S+ (\S+)$/.exec(lineOf(file, table) ?? '')?.[1];
  return own?.split(',').includes('ro') === true;
}

/** Returns the present table, empty if it cannot be read. */
function tableNow(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}

/** {@link isNoexec} with the present mounts; false if they are unknown. */
export function isNoexecNow(file: string): boolean {
  return isNoexec(file, tableNow());
}

/** {@link isReadOnlyForAll} with the present mounts; false if they are unknown. */
export function isReadOnlyForAllNow(file: string): boolean {
  return isReadOnlyForAll(file, tableNow());
}

/** {@link mountOf} with the present mounts. */
export function currentMountOf(file: string): string {
  return mountOf(file, mountPoints(tableNow()));
}

/** A mount point and its flags. */
export interface MountEntry {
  readonly point: string;
  readonly options: readonly string[];
}

/** Returns the visible mount at every mount point; none if the table cannot be read. */
export function currentMounts(): readonly MountEntry[] {
  const found = new Map<string, MountEntry>();
  for (const line of tableNow().split('\n')) {
    const fields = line.split(' ');
    const point = decoded(fields[4] ?? '');
    if (point !== '') found.set(point, { point, options: (fields[5] ?? '').split(',') });
  }
  return [...found.values()];
}
