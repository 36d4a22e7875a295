/** The table of builds, with real processes: programs called `go` that do nothing. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BuildTable, createBuildTable } from '../../../src/host/build-table.ts';
import { ownUid } from '../../../src/host/machine.ts';
import { eventually } from '../../lab/eventually.ts';

let directory: string;
let builds: number[];
let rounds: (() => void)[];
let told: number;
let table: BuildTable;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'godrift-builds-')));
  copyFileSync('/bin/sleep', join(directory, 'go'));
  builds = [];
  rounds = [];
  told = 0;
  table = createBuildTable(
    (_, run) => {
      rounds = [run];
      return () => {
        rounds = [];
      };
    },
    () => told++,
  );
});
afterEach(() => {
  for (const pid of builds) process.kill(pid, 'SIGKILL');
  rmSync(directory, { recursive: true });
});

const query = () => ({ uids: [ownUid], workspace: directory });
const variablesNow = () => {
  const answer = table.newest(query());
  return 'build' in answer ? answer.build.variables : undefined;
};

/** Starts a build that is no descendant of this process, and resolves once the table shows it. */
async function build(value: string, cwd = directory): Promise<number> {
  const script = `'${join(directory, 'go')}' 600 >/dev/null 2>&1 & echo $!`;
  const { stdout } = spawnSync('sh', ['-c', script], { cwd, env: { GOFLAGS: value }, encoding: 'utf8' });
  const pid = Number(stdout);
  builds.push(pid);
  await eventually('the build', async () => {
    rounds[0]?.();
    return variablesNow()?.get('GOFLAGS') === value;
  });
  return pid;
}

async function end(pid: number): Promise<void> {
  builds = builds.filter((one) => one !== pid);
  process.kill(pid, 'SIGKILL');
  await eventually('its end', async () => !existsSync(`/proc/${pid}`));
}

describe.skipIf(process.platform !== 'linux')('the table of builds', () => {
  it('remembers the environment of the newest build after its end, and reports each new environment once', async () => {
    expect(table.newest(query())).toHaveProperty('none');
    await end(await build('-trimpath'));
    expect(variablesNow()?.get('GOFLAGS')).toBe('-trimpath');
    const before = table.mark(query());
    expect(told).toBe(1);
    const alike = await build('-trimpath');
    rounds[0]?.();
    expect(told).toBe(1);
    expect(table.mark(query())).toBe(before);
    await end(alike);
    await end(await build('-mod=mod'));
    expect(told).toBe(2);
    expect(table.mark(query())).not.toBe(before);
  });

  it('tells builds apart by workspace and by user', async () => {
    mkdirSync(join(directory, 'below'));
    await build('-v', join(directory, 'below'));
    expect(table.newest({ ...query(), workspace: `${directory}/below` })).toHaveProperty('build');
    expect(table.newest({ ...query(), workspace: `${directory}/bel` })).toHaveProperty('none');
    expect(table.newest({ ...query(), uids: [ownUid + 1] })).toEqual({ none: 'uid' });
  });

  it('searches from the first question until it is paused', () => {
    expect(rounds).toHaveLength(0);
    table.newest(query());
    expect(rounds).toHaveLength(1);
    table.pause();
    expect(rounds).toHaveLength(0);
  });
});
