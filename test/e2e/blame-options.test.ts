/**
 * Options of `godrift blame`: the state compared with (--against), the network inside worlds (--network), and
 * the answer after an interrupt.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BlameDocument } from '../../src/explain/blame/answer.ts';
import { eventually } from '../lab/eventually.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { program } from '../lab/program.ts';
import { makeSite, type Site } from '../scenarios/site.ts';

describe.skipIf('missing' in mounts)(`godrift blame${missingMounts}`, () => {
  let site: Site;
  const blame = async (...args: readonly string[]) => {
    const { stdout, stderr, exitCode } = await site.godrift('blame', '--json', ...args);
    if (stdout === '') throw new Error(stderr);
    const { result, causes, against }: BlameDocument = JSON.parse(stdout);
    return {
      exitCode,
      result,
      against,
      keys: causes.flatMap(({ entries }) => entries.map(({ key }) => key)),
    };
  };

  beforeAll(async () => {
    site = await makeSite({ go: '1.27.4', fresh: true });
    site.env.GOPROXY = 'off';
    site.goenv('GOFLAGS=-trimpath\n');
    const accepted = await site.godrift('baseline', 'accept', '--reason', 'healthy');
    expect(accepted.exitCode, accepted.stderr).toBe(0);
    const taken = await site.godrift('snapshot', '--output', join(site.home, 'healthy.snapshot'));
    expect(taken.exitCode, taken.stderr).toBe(0);
  });
  afterAll(() => site.end());

  it('compares with a snapshot file, the baseline, or the baseline accepted at a given time', async () => {
    site.goenv('GOFLAGS=-mod=mend\nGOVCS=public:git\n');
    const time = new Date().toISOString();
    for (const [against, title] of [
      ['baseline', /^what was accepted /],
      [join(site.home, 'healthy.snapshot'), /^the snapshot /],
      [time, /^what was accepted /],
    ] as const)
      expect(await blame('--against', against), against).toEqual({
        exitCode: 1,
        result: 'found',
        against: expect.stringMatching(title),
        keys: ['env.GOFLAGS'],
      });
    const none = await site.godrift('blame', '--against', 'no-such-record');
    expect([none.exitCode, none.stderr]).toEqual([2, expect.stringContaining('cannot compare with')]);
  });

  it('gives worlds no network without --network', async () => {
    const server = createServer((_, answer) => answer.end('here'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = `fetch('http://127.0.0.1:${port}').then((a) => a.text()).then((t) => process.exit(t === 'here' ? 0 : 3), () => process.exit(4))`;
    const command = ['--', process.execPath, '-e', ask];
    expect(await blame(...command)).toMatchObject({ exitCode: 2, result: 'not-reproduced' });
    expect(await blame('--network', ...command)).toMatchObject({ exitCode: 0, result: 'passes' });
    // The message of the real go then points to --network.
    const proxy = ['env', `GOPROXY=http://127.0.0.1:${port}`, 'GONOSUMDB=*', 'GOFLAGS=-mod=mod'];
    const cutOff = await site.godrift('blame', '--', ...proxy, 'go', 'list', '-m', 'example.com/far@v1.0.0');
    expect(cutOff.stdout).toMatch(/dial tcp .*; worlds have no network: .* give --network$/m);
    server.close();
  });

  it('reports the suspects found so far when interrupted, and exits with 2', async () => {
    site.goenv('GOFLAGS=-mod=mend\nGOVCS=public:git\n');
    // The third world is the approved one; there the command does not end.
    const waiting = execa(
      process.execPath,
      [program, 'blame', '--', 'sh', '-c', 'go build ./... || exit 1; exec sleep 600'],
      { cwd: site.workspace, env: site.env as Record<string, string>, extendEnv: false, reject: false },
    );
    const { pid } = waiting;
    const below = () =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
        .trim()
        .split(' ')
        .filter((child) => child !== '');
    const sleeps = (child: string): boolean => {
      const name = readFileSync(`/proc/${child}/comm`, 'utf8').trim();
      const children = readFileSync(`/proc/${child}/task/${child}/children`, 'utf8').trim().split(' ');
      return name === 'sleep' || children.some((one) => one !== '' && sleeps(one));
    };
    await eventually('the command to sleep in the approved world', async () => {
      try {
        return below().some(sleeps);
      } catch {
        // The process has ended meanwhile.
        return false;
      }
    });
    process.kill(pid as number, 'SIGINT');
    const { exitCode, stdout } = await waiting;
    expect([exitCode, stdout]).toEqual([2, expect.stringMatching(/^stopped: it is among .*env\.GOFLAGS/)]);
    expect(stdout).toContain('-mod=mend not supported');
  });
});
