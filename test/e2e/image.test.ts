/**
 * The last stage of the Dockerfile, run like a container: the script that the Dockerfile runs lays out the
 * root, and the program is process 1 in its own namespaces, as user 65532, without capabilities, in a
 * read-only root. Needs root and unshare(1).
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { ensureNode, nodeVersions } from '../lab/node-versions.ts';
import { freePorts } from '../lab/ports.ts';
import { program } from '../lab/program.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

const top = join(import.meta.dirname, '../..');
const isPossible =
  process.platform === 'linux' && process.getuid?.() === 0 && (await onPath('unshare')) !== undefined;
const root = scratch('image');
/** GODRIFT_INSTALL=all runs as many health checks as an engine does in a third of a day. */
const healthChecks = process.env['GODRIFT_INSTALL'] === 'all' ? 1000 : 2;

/** The last stage of the Dockerfile: its instructions without comments. */
const lastStage = (
  readFileSync(join(top, 'Dockerfile'), 'utf8')
    .replaceAll(/\\\n/g, ' ')
    .split(/^FROM /m)
    .at(-1) as string
).split('\n');
const listOf = (instruction: string): string[] => {
  const line = lastStage.find((one) => one.startsWith(instruction) && one.includes('[')) as string;
  return JSON.parse(line.slice(line.indexOf('['))) as string[];
};

/** The environment of the image (ENV), and a PATH for the programs that the test runs around it. */
const imageEnv = {
  PATH: process.env['PATH'] ?? '',
  ...Object.fromEntries(
    lastStage
      .filter((line) => line.startsWith('ENV '))
      .flatMap((line) => line.slice(4).trim().split(/\s+/))
      .map((pair) => pair.split('=') as [string, string]),
  ),
};

/** Runs a command line in the image. Returns the process of unshare, whose child is process 1. */
function runImage(args: readonly string[]) {
  const mounts = [
    `mount --bind ${root} ${root}`,
    `mount -o remount,bind,ro ${root}`,
    `mount -t proc proc ${root}/proc`,
    `mount -t tmpfs -o mode=1777 tmpfs ${root}/tmp`,
    `mount -t tmpfs -o uid=65532,gid=65532,mode=0700 tmpfs ${root}/var/lib/godrift`,
    'exec setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid -- chroot --userspec=65532:65532 "$@"',
  ].join(' && ');
  return execa(
    'unshare',
    ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', 'sh', '-c', mounts, 'sh', root, ...args],
    {
      env: imageEnv,
      extendEnv: false,
      reject: false,
      all: true,
    },
  );
}

/** The pid of process 1 of a container, as seen from the host. */
const firstOf = ({ pid }: ReturnType<typeof runImage>) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();

describe.skipIf(!isPossible)('the image (needs root and unshare)', () => {
  const running: ReturnType<typeof runImage>[] = [];
  beforeAll(async () => {
    const node = await ensureNode(nodeVersions.at(-1) as string);
    // Scratch folders are private to their owner, but the root of a container must be readable for all.
    chmodSync(root, 0o755);
    await execa('sh', [join(top, 'scripts/image-root.sh'), root, node]);
    await execa('cp', ['-r', dirname(program), join(root, 'app/dist')]);
    await execa('chmod', ['0755', join(root, 'app/dist/godrift.js')]);
    mkdirSync(join(root, 'work'));
    writeFileSync(join(root, 'work/go.mod'), 'module example.com/app\n\ngo 1.21\n');
  });
  afterAll(async () => {
    // Process 1 lost its parent-death signal when it changed its user (PR_SET_PDEATHSIG of prctl(2)).
    for (const run of running) if (run.exitCode === null) process.kill(Number(firstOf(run)), 'SIGKILL');
    await Promise.all(running);
  });

  it('has no shell, no package manager, and no setuid or setgid file', () => {
    const names = readdirSync(root, { recursive: true }).map(String);
    const programs = names.filter((name) => /(^|\/)s?bin\/./.test(name) && !name.startsWith('app/'));
    expect(programs.sort()).toEqual(['usr/bin/env', 'usr/local/bin/godrift', 'usr/local/bin/node']);
    for (const name of names.filter((one) => existsSync(join(root, one))))
      expect(statSync(join(root, name)).mode & 0o6000, name).toBe(0);
  });

  it('contains the programs of its entry point and health check, and runs as a numeric user', () => {
    for (const [file = ''] of [listOf('ENTRYPOINT'), listOf('HEALTHCHECK')])
      expect(existsSync(join(root, file)), file).toBe(true);
    expect(lastStage).toContain('USER 65532:65532');
    expect(lastStage[0]).toBe('scratch AS runtime');
  });

  it('serves in a root that it cannot write, without a capability, and ends on SIGTERM', async () => {
    const [port] = await freePorts(1);
    const args = [...listOf('ENTRYPOINT'), 'serve', '/work', '--web.listen-address', `127.0.0.1:${port}`];
    const run = runImage(args);
    running.push(run);
    const url = `http://127.0.0.1:${port}`;
    let ended = false;
    void run.then(() => {
      ended = true;
    });
    await eventually('the image to be ready', async () => ended || (await fetch(`${url}/-/ready`)).ok);
    expect(ended ? (await run).all : '').toBe('');
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('godrift_build_info{');

    const child = firstOf(run);
    const status = readFileSync(`/proc/${child}/status`, 'utf8');
    const fact = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1];
    expect(fact('NSpid')?.split('\t').at(-1)).toBe('1');
    expect(fact('Uid')).toBe('65532\t65532\t65532\t65532');
    expect([fact('CapPrm'), fact('CapEff'), fact('NoNewPrivs')]).toEqual([
      '0000000000000000',
      '0000000000000000',
      '1',
    ]);
    // The root is mounted read-only.
    expect(readFileSync(`/proc/${child}/mountinfo`, 'utf8')).toMatch(/ \/ ro[, ]/);

    // An engine runs a health check every 30 s, as a new process in these namespaces; none may stay behind.
    const health = [
      ...listOf('HEALTHCHECK').slice(0, -1),
      'healthcheck',
      '--web.listen-address',
      `127.0.0.1:${port}`,
    ];
    for (let i = 0; i < healthChecks; i++) {
      const asked = await execa(
        'nsenter',
        ['--target', child, '--mount', '--pid', '--root', '--wd', '--', ...health],
        { env: imageEnv, extendEnv: false, reject: false },
      );
      expect([asked.exitCode, asked.stderr]).toEqual([0, '']);
    }
    const states = readdirSync(`/proc/${child}/root/proc`).filter((name) => /^\d+$/.test(name));
    expect(states).toEqual(['1']);

    process.kill(Number(child), 'SIGTERM');
    expect((await run).exitCode).toBe(0);
  });
});
