/** System calls of a program, traced with strace: those that write, connect or execute. */
import { execa } from 'execa';
import { onPath } from './toolchains.ts';

/** The path of strace(1); undefined if it is not installed. */
export const strace = await onPath('strace');
/** Whether this user may trace. */
export const traceable =
  strace !== undefined &&
  (await execa(strace, ['-qq', '-o', '/dev/null', 'true'], { reject: false })).exitCode === 0;

/**
 * Joins the two lines of each call that strace splits ("unfinished" and "resumed") when another thread's call
 * comes between.
 */
export function wholeCalls(trace: string): readonly string[] {
  const begun = new Map<string, string>();
  return trace
    .split('\n')
    .flatMap((line) => {
      const pid = /^\d+/.exec(line)?.[0] ?? '';
      const unfinished = / <unfinished \.\.\.>$/.exec(line);
      if (unfinished !== null) {
        begun.set(pid, line.slice(0, unfinished.index));
        return [];
      }
      const resumed = /<\.\.\. \w+ resumed>/.exec(line);
      if (resumed === null) return [line];
      const beginning = begun.get(pid) ?? `${pid} `;
      begun.delete(pid);
      return [beginning + line.slice(resumed.index + resumed[0].length)];
    })
    .concat([...begun.values()]);
}

/**
 * Returns the successful calls that write, connect or execute, as strace prints them; failed calls change
 * nothing.
 */
export function deeds(trace: string): readonly string[] {
  return wholeCalls(trace)
    .filter((line) => !/ = -1 E/.test(line))
    .filter((line) =>
      /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|\b(mkdir|unlink|rename|link|symlink|chmod|chown|utimens|truncate|mknod)\w*\(|\bconnect\(|\bexecve\(/.test(
        line,
      ),
    )
    .filter(
      (line) =>
        !/"\/dev\/(null|tty|pts)|"\/proc\/self\/|anon_inode|O_RDWR\|O_CLOEXEC\) = \d+<\/dev\/null>/.test(
          line,
        ),
    );
}

/**
 * Returns the lines of a program and its children, without processes that executed `inner` and their
 * children: in a PID namespace clone returns a number that no other line has. clone, clone3, fork and vfork
 * must have been traced.
 */
export function outerLines(trace: string, inner: RegExp): string {
  const lines = wholeCalls(trace);
  const pidOf = (line: string) => /^\d+/.exec(line)?.[0] ?? '';
  const parents = new Set(
    lines.filter((line) => inner.test(/ execve\("([^"]+)"/.exec(line)?.[1] ?? '')).map(pidOf),
  );
  const children = new Map<string, string[]>();
  for (const line of lines) {
    const child = / (?:clone3?|v?fork)\(.* = (\d+)$/.exec(line)?.[1];
    if (child !== undefined) children.set(pidOf(line), [...(children.get(pidOf(line)) ?? []), child]);
  }
  const outer = new Set<string>();
  const visit = (pid: string): void => {
    if (outer.has(pid) || parents.has(pid)) return;
    outer.add(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(pidOf(lines.find((line) => pidOf(line) !== '') ?? ''));
  return lines.filter((line) => outer.has(pidOf(line))).join('\n');
}
