/** The progress display of `godrift blame` on a terminal, and its output after Ctrl-C. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { missingMounts, mounts } from '../lab/namespaces.ts';
import { program } from '../lab/program.ts';
import { knowFiles } from '../lab/toolchain-lists.ts';
import { scratch } from '../lab/toolchains.ts';
import { makeSite, type Site, sdk } from '../scenarios/site.ts';

/** Colours and other attributes of text (ECMA-48, SGR). */
const attributes = /\u001b\[\d+m/;

describe.skipIf('missing' in mounts)(`godrift blame on a terminal${missingMounts}`, () => {
  let site: Site;
  /** Starts blame on its own terminal (script(1), util-linux); `shown` returns the output so far. */
  const onTerminal = (line: string, env: Readonly<Record<string, string>>) => {
    const screen = join(scratch('screen'), 'out');
    const command = `exec '${process.execPath}' '${program}' blame -- sh -c '${line}'`;
    const run = execa('script', ['--quiet', '--flush', '--return', '--command', command, screen], {
      cwd: site.workspace,
      env: { ...(site.env as Record<string, string>), TERM: 'xterm', ...env },
      extendEnv: false,
      reject: false,
      stdout: 'ignore',
    });
    return { run, shown: () => (existsSync(screen) ? readFileSync(screen, 'utf8') : '') };
  };

  beforeAll(async () => {
    site = await makeSite({ go: '1.27.4', fresh: true });
    site.env.GOPROXY = 'off';
    site.goenv('GOFLAGS=-trimpath\n');
    await knowFiles(sdk(site.version), join(site.home, 'state'));
    const { exitCode, stderr } = await site.godrift('baseline', 'accept', '--reason', 'healthy');
    expect(exitCode, stderr).toBe(0);
    site.goenv('GOFLAGS=-mod=mend\nGOVCS=public:git\n');
  });
  afterAll(() => site.end());

  it('shows the current world, reports the suspects found so far on Ctrl-C, and prints no colours under NO_COLOR', async () => {
    // The third world is the approved one; there the command does not end by itself.
    const { run, shown } = onTerminal('go build ./... || exit 1; exec sleep 600', { NO_COLOR: '1' });
    await eventually('the progress to name world 3', async () =>
      shown().includes('world 3: the approved world'),
    );
    run.stdin.write('\u0003');
    const { exitCode } = await run;
    expect(exitCode, shown()).toBe(2);
    expect(shown()).toMatch(/stopped: it is among .*env\.GOFLAGS/);
    expect(shown()).toContain('-mod=mend not supported');
    expect(shown()).not.toMatch(attributes);
  });

  it('prints colours without NO_COLOR', async () => {
    const { run, shown } = onTerminal('exit 0', {});
    expect((await run).exitCode, shown()).toBe(0);
    expect(shown()).toMatch(attributes);
  });
});
