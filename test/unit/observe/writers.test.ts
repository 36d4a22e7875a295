/**
 * Who wrote the drifted files of a look: a real repository, a real writer, and how often each source of
 * evidence is asked.
 */
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Facet } from '../../../src/catalog/facets.ts';
import type { DriftRecord } from '../../../src/drift/events.ts';
import { headMoves } from '../../../src/host/git/reflog.ts';
import { openWriters } from '../../../src/host/open-writers.ts';
import { type EvidenceSources, type ObservationContext, withWriters } from '../../../src/observe/writers.ts';
import { eventually } from '../../lab/eventually.ts';
import { scratch } from '../../lab/toolchains.ts';
import { driftRecord } from '../tell/states.ts';

/** Returns the real sources of evidence, and a record of the questions they were asked. */
function counted() {
  const asked: { open: (readonly string[])[]; moves: string[] } = { open: [], moves: [] };
  const by: EvidenceSources = {
    open: (files) => {
      asked.open.push(files);
      return openWriters(files);
    },
    moves: (repository, from, to) => {
      asked.moves.push(repository.own);
      return headMoves(repository, from, to);
    },
  };
  return { asked, by };
}

/** Makes a workspace whose files git changed, with a GOENV file that a shell holds open, and a symlink. */
async function changed() {
  const top = scratch('writers');
  const workspace = join(top, 'app');
  const goenv = join(top, 'home/env');
  const files = ['go.mod', 'go.sum', 'vendor/modules.txt'].map((name) => join(workspace, name));
  const write = (text: string) => {
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
  };
  const git = (...args: string[]) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: workspace,
      env: { GIT_CONFIG_GLOBAL: '/dev/null', HOME: top },
    });
  write('one\n');
  await git('init', '-q', '-b', 'main', '.');
  await git('add', '.');
  await git('commit', '-qm', 'one');
  await git('checkout', '-q', '-b', 'next');
  write('two\n');
  await git('commit', '-qam', 'two');
  // The kernel’s clock, which also stamps the files.
  const before = statSync(join(workspace, '.git/HEAD')).ctimeMs;
  await git('checkout', '-q', 'main');
  mkdirSync(dirname(goenv));
  symlinkSync('/usr/bin', join(top, 'bin'));
  const holder = execa('sh', ['-c', 'exec 3>"$0"; echo GOFLAGS=-v >&3; read -r line', goenv], {
    reject: false,
    stdin: 'pipe',
  });
  onTestFinished(async () => {
    holder.kill('SIGKILL');
    await holder;
  });
  await eventually('the file to be written', async () => readFileSync(goenv, 'utf8') !== '');
  const all = [...files, goenv, join(top, 'bin')];
  const after = Math.max(...all.map((file) => statSync(file).ctimeMs));
  return { top, workspace, goenv, files, before, after, pid: holder.pid };
}

function lookAt(
  { workspace, goenv, top, before, after }: Awaited<ReturnType<typeof changed>>,
  root = '/',
): ObservationContext {
  const facets: readonly Facet[] = ['toolchain', 'env', 'modules'];
  const facts = {
    toolchain: { candidates: [{ path: join(top, 'bin') }], project: { path: join(workspace, 'go.mod') } },
    env: { goenv: { path: goenv } },
  };
  return {
    observation: {
      toolchain: { status: 'ok', facts: facts.toolchain },
      env: { status: 'ok', facts: facts.env },
      modules: { status: 'ok', facts: {} },
      runs: facets.map((facet) => ({ facet, start: after, end: after + 1 })),
    } as unknown as ObservationContext['observation'],
    collectors: facets.map((collector) => ({
      collector,
      success: true,
      durationSeconds: 0,
      lastSuccess: before,
    })),
    environment: { root, credentials: 'own' },
    uid: process.getuid?.() ?? 0,
  };
}

const drift = (workspace: string, ...facets: readonly Facet[]): DriftRecord => ({
  ...driftRecord,
  workspace,
  facets,
  changes: [],
});

describe.skipIf(process.platform !== 'linux')('writers of the drifted files', () => {
  it('are found for many files by one walk through /proc and one reading of HEAD’s log', async () => {
    const world = await changed();
    const { asked, by } = counted();
    const records = [drift(world.workspace, 'modules'), drift(world.workspace, 'toolchain', 'modules')];
    const [modules, both] = withWriters(records, lookAt(world), by) as readonly DriftRecord[];
    const byGit = world.files.map((path) => ({
      path,
      how: 'git',
      command: 'checkout',
      confidence: 'likely',
    }));
    expect(modules?.writers).toMatchObject(byGit);
    expect(both?.writers).toMatchObject([
      { ...byGit[0], facets: ['toolchain', 'modules'] },
      { path: world.goenv, how: 'open', pid: world.pid, confidence: 'likely' },
      ...byGit.slice(1),
    ]);
    expect(asked.moves).toEqual([join(world.workspace, '.git')]);
    expect(asked.open).toHaveLength(1);
    expect(asked.open[0]).toEqual(expect.arrayContaining([...world.files, world.goenv]));
    // A symlink is not a file that a process can hold open.
    expect(asked.open[0]).not.toContain(join(world.top, 'bin'));
  });

  it('are not searched if no file changed between the looks, or in another root', async () => {
    const world = await changed();
    const { asked, by } = counted();
    const records = [drift(world.workspace, 'modules')];
    expect(withWriters(records, lookAt({ ...world, before: world.after + 2000 }), by)).toBe(records);
    expect(withWriters(records, lookAt(world, '/proc/1/root'), by)).toBe(records);
    expect(withWriters([], lookAt(world), by)).toEqual([]);
    expect(asked).toEqual({ open: [], moves: [] });
  });

  it('are only “possible” if other users may write to the file, whose processes only root can inspect', async () => {
    const world = await changed();
    const told = (uid: number) => {
      const looked = { ...lookAt({ ...world, after: statSync(world.goenv).ctimeMs }), uid };
      const [found] = withWriters([drift(world.workspace, 'toolchain')], looked) as [DriftRecord];
      return found.writers?.find(({ how }) => how === 'open')?.confidence;
    };
    const owner = statSync(world.goenv).uid;
    chmodSync(world.goenv, 0o600);
    expect(told(0)).toBe('likely');
    if (owner !== 0) expect(told(owner)).toBe('likely');
    expect(told(owner + 1)).toBe('possible');
    chmodSync(world.goenv, 0o602);
    expect(told(0)).toBe('likely');
    expect(told(owner === 0 ? 1 : owner)).toBe('possible');
  });

  it('are only “possible” if not every descriptor was inspected', async () => {
    const world = await changed();
    const by: EvidenceSources = {
      open: (files) => ({ ...openWriters(files), whole: false }),
      moves: () => [],
    };
    const [found] = withWriters([drift(world.workspace, 'toolchain')], lookAt(world), by) as [DriftRecord];
    expect(found.writers).toMatchObject([{ path: world.goenv, how: 'open', confidence: 'possible' }]);
  });
});
