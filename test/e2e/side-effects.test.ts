/** Observing leaves no trace: strace over whole passes of the real program. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import {
  eventually,
  godrift,
  makeWorld,
  program,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { ensureToolchain, onPath, scratch } from '../lab/toolchains.ts';

const strace = await onPath('strace');
const traceable =
  strace !== undefined &&
  (await execa(strace, ['-qq', '-o', '/dev/null', 'true'], { reject: false })).exitCode === 0;
if (!traceable) console.error('SKIPPED: side-effect tests need strace and ptrace');

/** Calls that write, connect or execute, as strace prints them; failed calls change nothing. */
function deeds(trace: string): readonly string[] {
  return trace
    .split('\n')
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

/** What of the deeds is neither inside the state directory nor on the list of allowed commands. */
function offences(trace: string, world: World): readonly string[] {
  return deeds(trace).filter((line) => {
    if (line.includes(`"${world.state}`)) return false;
    const exec = /execve\("([^"]+)", \[([^\]]*)\]/.exec(line);
    if (exec === null) return true;
    const args = exec[2] ?? '';
    return (
      !/^"[^"]*node", /.test(args) &&
      !/^"[^"]*\/go", "env", "-json", "[A-Z]/.test(args) &&
      !/^"[^"]*\/(bash|zsh|fish)", "--version"$/.test(args)
    );
  });
}

async function traced(world: World, args: readonly string[], preload?: string): Promise<string> {
  const out = join(scratch('trace'), 'out');
  await execa(
    strace as string,
    [
      '-f',
      '-qq',
      '-s',
      '4096',
      '-e',
      'trace=%file,connect,execve',
      '-o',
      out,
      process.execPath,
      ...(preload === undefined ? [] : ['--import', preload]),
      program,
      ...args,
    ],
    {
      cwd: world.workspace,
      env: world.env,
      extendEnv: false,
      reject: false,
    },
  );
  return readFileSync(out, 'utf8');
}

/** Every file below a directory with size and modification time. */
function listing(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => {
      const stat = statSync(join(directory, name), { throwIfNoEntry: false });
      return `${name} ${stat?.size} ${stat?.mtimeMs}`;
    });
}

describe.skipIf(!traceable)('observing leaves no trace', async () => {
  const go127 = await ensureToolchain('1.27.4');

  it('a check writes nothing, connects nowhere, executes nothing but the shell for its version', async () => {
    const world = makeWorld(go127, { 'go.mod': 'module example.com/app\n\ngo 1.99.0\n' });
    const before = listing(world.home);
    expect(offences(await traced(world, ['check']), world)).toEqual([]);
    expect(deeds(await traced(world, ['check'])).filter((line) => line.includes(world.state))).toEqual([]);
    expect(listing(world.home)).toEqual(before);
  });

  it('passes of the exporter write inside the state directory only', async () => {
    const world = makeWorld(go127);
    const out = join(scratch('trace'), 'out');
    const exporter = await startExporter(world, ['--interval', '200ms'], {
      // -D: the program is our child and gets our signals, not strace.
      wrap: [
        strace as string,
        '-D',
        '-f',
        '-qq',
        '-s',
        '4096',
        '-e',
        'trace=%file,connect,execve',
        '-o',
        out,
      ],
    });
    try {
      await eventually(
        'thirty passes',
        async () => (seriesOf(await exporter.metrics(), 'godrift_passes_total') ?? 0) >= 30,
        60_000,
      );
    } finally {
      await exporter.stop();
    }
    const trace = readFileSync(out, 'utf8');
    expect(offences(trace, world)).toEqual([]);
    // The confirmation by the real go was part of it.
    expect(
      trace
        .split('\n')
        .filter((line) => line.includes('execve('))
        .join('\n'),
    ).toMatch(/\/go", \["[^"]*", "env", "-json"/);
    expect(readdirSync(world.home).sort()).toEqual(['src', 'state']);
  });

  it('notices a write', async () => {
    const world = makeWorld(go127);
    const preload = join(scratch('preload'), 'write.mjs');
    writeFileSync(
      preload,
      `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(join(world.home, 'trace-left'))}, 'x');\n`,
    );
    expect(offences(await traced(world, ['check'], preload), world)).not.toEqual([]);
  });

  it('a check needs no writable place at all', async () => {
    const world = makeWorld(go127);
    const run = await godrift(
      {
        ...world,
        env: { ...world.env, GODRIFT_STATE_DIRECTORY: '/nonexistent/state', TMPDIR: '/nonexistent' },
      },
      ['check', '--json'],
    );
    // Without a directory for temporary files it is go that cannot build, and that is told.
    expect(JSON.parse(run.stdout).findings).toMatchObject([{ rule: 'gotmpdir-missing', key: 'env.TMPDIR' }]);
    expect(run.exitCode).toBe(1);
  });
});
