/**
 * Drifts that an exporter saw and that a command ended while no exporter ran: none of them is mistaken for a
 * later drift.
 */
import { writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { accept, goenvOf, worldWithGoenv } from '../lab/accepted.ts';
import { eventually, godrift, startExporter, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go = await ensureToolchain('1.27.4');

interface Line {
  readonly type: string;
  readonly trace_id?: string;
  readonly since?: Readonly<Record<string, number>>;
  readonly end?: number;
}

async function journal(world: World): Promise<readonly Line[]> {
  const { stdout } = await godrift(world, ['events', '--json']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

/** Runs an exporter until the journal has that many drifts, then stops it. */
async function seenByExporter(world: World, drifts: number): Promise<readonly Line[]> {
  const exporter = await startExporter(world, ['--interval', '200ms', world.workspace]);
  try {
    return await eventually('the drifts in the journal', async () => {
      const lines = await journal(world);
      return lines.filter(({ type }) => type === 'drift').length === drifts ? lines : undefined;
    });
  } finally {
    await exporter.stop();
  }
}

/** A world whose GOPROXY drifted while an exporter ran. */
async function drifted(): Promise<World> {
  const world = worldWithGoenv(go, 'GOFLAGS=-trimpath\n');
  await accept(world);
  writeFileSync(goenvOf(world), 'GOFLAGS=-trimpath\nGOPROXY=off\n');
  await seenByExporter(world, 1);
  return world;
}

const typesOf = (lines: readonly Line[]) => lines.map(({ type }) => type);

describe('while no exporter runs', () => {
  it('an acceptance ends the drift that it approves, and a later drift is a new one', async () => {
    const world = await drifted();
    await accept(world, 'off is right');
    const ended = await journal(world);
    expect(typesOf(ended)).toEqual(['baseline', 'drift', 'baseline', 'resolved']);
    const first = ended[1]?.trace_id;
    expect(ended[3]?.trace_id).toBe(first);

    writeFileSync(goenvOf(world), 'GOFLAGS=-mod=mend\nGOPROXY=off\n');
    const blame = await godrift(world, ['blame', '--json', '--', 'go', 'list', '-m']);
    expect(JSON.parse(blame.stdout).culprits).toEqual([
      expect.not.objectContaining({ since: expect.anything() }),
    ]);
    expect((await journal(world)).at(-1)?.trace_id).not.toBe(first);
    expect((await godrift(world, ['rollback', '--yes'])).exitCode).toBe(0);
    const report = await godrift(world, ['events', '--report']);
    expect(report.stdout).toContain('# env of default was rolled back');
    expect(report.stdout).not.toContain('GOPROXY');

    writeFileSync(goenvOf(world), 'GOFLAGS=-x\nGOPROXY=off\n');
    const later = (await seenByExporter(world, 2)).filter(({ type }) => type === 'drift').at(-1);
    expect(later?.trace_id).not.toBe(first);
    expect(later?.since?.['env']).toBeGreaterThan(ended[3]?.end ?? Number.POSITIVE_INFINITY);
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('a verified rollback ends the drift within its trace, and the next exporter does not record the end again', async () => {
    const world = await drifted();
    expect((await godrift(world, ['rollback', '--yes'])).exitCode).toBe(0);
    const ended = await journal(world);
    expect(typesOf(ended)).toEqual(['baseline', 'drift', 'intent', 'outcome', 'resolved']);
    expect(new Set(ended.slice(1).map((line) => line.trace_id)).size).toBe(1);
    const exporter = await startExporter(world, ['--interval', '200ms', world.workspace]);
    await exporter.stop();
    expect(typesOf(await journal(world))).toEqual(typesOf(ended));
  });

  it('a rollback of another difference leaves the drift open', async () => {
    const world = await drifted();
    writeFileSync(goenvOf(world), 'GOFLAGS=-x\nGOPROXY=off\n');
    expect((await godrift(world, ['rollback', '--key', 'GOFLAGS', '--yes'])).exitCode).toBe(0);
    expect(typesOf(await journal(world))).toEqual(['baseline', 'drift', 'intent', 'outcome']);
  });
});
