/** Directories of the module cache that are replaced from their zips: what is trusted, what is refused, and the recovery after a kill. */
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { besideNames } from '../../../src/host/change-entry.ts';
import { keptPlanOf, keptPlanSchema } from '../../../src/undo/kept-plan.ts';
import type { Plan } from '../../../src/undo/plan.ts';
import { type Run, recoverRollbacks, runRollback } from '../../../src/undo/run.ts';
import type { TreeStep } from '../../../src/undo/step.ts';
import { planTree, type WantedTree } from '../../../src/undo/tree-plan.ts';
import { makeZip, type Zipped } from '../../lab/make-zip.ts';
import { type HandMade, sumLines, writeProxy } from '../../lab/module-proxy.ts';
import { scratch } from '../../lab/toolchains.ts';
import { treeOf } from '../../lab/tree.ts';
import { toolchainDigest, writeZippedToolchain, zippedToolchain } from '../../lab/zipped-toolchain.ts';
import { asked, lines, recording, signature, trace } from './recording.ts';

const module: HandMade = { path: 'example.com/Big/b', version: 'v1.0.0' };
const approved = sumLines([module]).split(/\s/)[2] as string;

interface Cache {
  readonly wanted: WantedTree;
  readonly tree: string;
  readonly zip: string;
}

/** A module cache with one module, as go leaves it, and an edit in it. */
function edited(change = (tree: string) => writeFileSync(path.join(tree, 'a.go'), 'package evil\n')): Cache {
  const cache = realpathSync(scratch('modcache'));
  writeProxy(path.join(cache, 'cache/download'), [module]);
  const tree = path.join(cache, 'example.com/!big/b@v1.0.0');
  mkdirSync(tree, { recursive: true });
  writeFileSync(path.join(tree, 'go.mod'), 'module example.com/Big/b\ngo 1.21\n', { mode: 0o444 });
  writeFileSync(path.join(tree, 'a.go'), 'package b\n\nconst V = "v1.0.0"\n', { mode: 0o444 });
  chmodSync(path.join(tree, 'a.go'), 0o644);
  change(tree);
  chmodSync(path.join(tree, 'a.go'), 0o444);
  chmodSync(tree, 0o555);
  const wanted = {
    kind: 'module',
    key: 'modules.example.com/Big/b',
    cache,
    path: tree,
    module: module.path,
    version: module.version,
    approved,
  } as const;
  return { wanted, tree, zip: path.join(cache, 'cache/download/example.com/!big/b/@v/v1.0.0.zip') };
}

async function stepOf({ wanted }: Cache): Promise<TreeStep> {
  const planned = await planTree(wanted);
  if (planned === undefined || !('step' in planned)) throw new Error(JSON.stringify(planned));
  return planned.step;
}

const planOf = (step: TreeStep): Plan => ({
  target: 'api',
  workspace: '/src',
  facet: 'modules',
  steps: [step],
  contents: new Map(),
  refusals: [],
});

const state = ({ wanted }: Cache) => path.join(wanted.cache, 'state');

const run = (cache: Cache, step: TreeStep, verify: Run['verify'] = async () => undefined) =>
  recording(state(cache), (recorder) =>
    runRollback(planOf(step), {
      recorder,
      signature,
      asked,
      trace,
      before: new Map(),
      verify,
      replaced: '0'.repeat(64),
    }),
  );

const text = ({ tree }: Cache) => readFileSync(path.join(tree, 'a.go'), 'utf8');
const beside = ({ tree }: Cache) => readdirSync(path.dirname(tree));

describe('the mark of an incomplete unpacking', () => {
  it('is deleted with the incomplete tree, and stays if that tree is restored', async () => {
    const mark = ({ zip }: Cache) => zip.replace(/zip$/, 'partial');
    const undone = edited();
    writeFileSync(mark(undone), '');
    expect(await run(undone, await stepOf(undone), async () => 'no')).toMatchObject({
      outcome: { result: 'undone' },
    });
    expect(existsSync(mark(undone))).toBe(true);
    const healed = edited();
    writeFileSync(mark(healed), '');
    expect(await run(healed, await stepOf(healed))).toMatchObject({ outcome: { result: 'applied' } });
    expect(existsSync(mark(healed))).toBe(false);
    expect(existsSync(healed.zip)).toBe(true);
  });
});

describe('the plan of a directory', () => {
  it('is the content of its zip, if that was approved', async () => {
    const cache = edited();
    const step = await stepOf(cache);
    expect(step).toMatchObject({ kind: 'replace-tree', tree: 'module', mode: 0o555, name: 'b@v1.0.0' });
    expect(step.before).not.toEqual(step.after);
    expect(await planTree(edited(() => {}).wanted)).toBeUndefined();
  });

  it('is refused if nothing was approved, or the zip is another one', async () => {
    const cache = edited();
    const { approved: _, ...unknown } = cache.wanted;
    expect(await planTree(unknown)).toEqual({ why: 'the approved go.sum has no sum of it' });
    const prefix = `${module.path}@${module.version}/`;
    const evil: readonly Zipped[] = [
      { name: `${prefix}go.mod`, text: 'module example.com/Big/b\ngo 1.21\n' },
      { name: `${prefix}a.go`, text: 'package b\n\nconst V = "evil"\n' },
    ];
    writeFileSync(cache.zip, makeZip(evil));
    expect(await planTree(cache.wanted)).toEqual({
      why: expect.stringContaining('its zip is not what was approved'),
    });
    writeFileSync(cache.zip, 'PK');
    expect(await planTree(cache.wanted)).toEqual({ why: expect.stringContaining('it is no zip') });
    renameSync(cache.zip, `${cache.zip}.gone`);
    expect(await planTree(cache.wanted)).toEqual({
      why: expect.stringContaining(`go mod download ${module.path}@v1.0.0 gets it again`),
    });
  });

  it('of a toolchain is compared with its approved digest', async () => {
    const cache = realpathSync(scratch('modcache'));
    const { module: named, version } = zippedToolchain;
    const zip = writeZippedToolchain(cache);
    const tree = path.join(cache, `${named}@${version}`);
    mkdirSync(path.join(tree, 'bin'), { recursive: true });
    writeFileSync(path.join(tree, 'bin/go'), 'another\n');
    const wanted: WantedTree = {
      kind: 'toolchain',
      key: 'toolchain.digest',
      cache,
      path: tree,
      module: named,
      version,
      approved: toolchainDigest,
    };
    expect(await planTree({ ...wanted, approved: `sha256:${'0'.repeat(64)}` })).toMatchObject({
      why: expect.stringContaining('not what was approved'),
    });
    const step = await stepOf({ wanted, tree, zip });
    await run({ wanted, tree, zip }, step);
    expect(readFileSync(path.join(tree, 'src/go.mod'), 'utf8')).toBe('module std\n');
    expect(readFileSync(path.join(tree, 'bin/go'), 'utf8')).toBe('#!/bin/true\n');
    expect(readdirSync(path.join(cache, 'golang.org'))).toEqual([`toolchain@${version}`]);
  });
});

describe('an exchange', () => {
  it('is applied and journalled, and nothing of the old directory stays', async () => {
    const cache = edited();
    expect(await run(cache, await stepOf(cache))).toMatchObject({ outcome: { result: 'applied' } });
    expect(text(cache)).toContain('"v1.0.0"');
    expect(beside(cache)).toEqual(['b@v1.0.0']);
    expect(readdirSync(path.join(state(cache), 'rollbacks'))).toEqual([]);
    expect(await planTree(cache.wanted)).toBeUndefined();
  });

  it('is undone where it does not verify', async () => {
    const cache = edited();
    const step = await stepOf(cache);
    const ran = await run(cache, step, async () => 'it is not');
    expect(ran).toMatchObject({ outcome: { result: 'undone' } });
    expect(text(cache)).toBe('package evil\n');
    expect(beside(cache)).toEqual(['b@v1.0.0']);
  });

  it('is refused if the zip was replaced after the plan', async () => {
    const cache = edited();
    const step = await stepOf(cache);
    const other = edited();
    const prefix = `${module.path}@${module.version}/`;
    writeFileSync(other.zip, makeZip([{ name: `${prefix}a.go`, text: 'package worse\n' }]));
    copyFileSync(other.zip, cache.zip);
    expect(await run(cache, step)).toMatchObject({
      outcome: { result: 'undone', why: expect.stringContaining('is not what the plan was made of') },
    });
    expect(text(cache)).toBe('package evil\n');
    expect(beside(cache)).toEqual(['b@v1.0.0']);
  });

  it('that was journalled and killed before its end is completed by the next start', async () => {
    const cache = edited();
    const step = await stepOf(cache);
    const { old } = besideNames(step.name, '0'.repeat(16));
    const ran = await run(cache, step);
    if (!('outcome' in ran)) throw new Error('it was refused');
    // As a kill between the line in the journal and the removal leaves it.
    const { old: left } = besideNames(step.name, ran.id);
    mkdirSync(path.join(step.directory, left, 'x'), { recursive: true });
    mkdirSync(path.join(step.directory, old));
    const kept = path.join(state(cache), 'rollbacks', ran.id);
    mkdirSync(kept);
    writeFileSync(
      path.join(kept, 'plan.json'),
      JSON.stringify({
        schema: 1,
        target: 'api',
        workspace: '/src',
        facet: 'modules',
        asked,
        steps: [step],
        trace,
      }),
    );
    const outcomes = await recording(state(cache), (recorder) =>
      recoverRollbacks(recorder, async () => signature),
    );
    expect(outcomes).toEqual([]);
    // Only what belongs to it goes.
    expect(beside(cache).sort()).toEqual([old, 'b@v1.0.0']);
    expect(readdirSync(path.join(state(cache), 'rollbacks'))).toEqual([]);
    expect(await lines(state(cache))).toHaveLength(2);
  });
});

/** A home whose SDK is gone with the folder that it was in, and a module cache that has the release. */
function goneSdk(): Cache & { readonly home: string } {
  const home = realpathSync(scratch('home'));
  const cache = path.join(home, 'go/pkg/mod');
  const zip = writeZippedToolchain(cache);
  const { module: named, version } = zippedToolchain;
  const tree = path.join(home, 'sdk/go1.99.0');
  const about = { kind: 'sdk', key: 'toolchain.digest', module: named, version } as const;
  return { home, tree, zip, wanted: { ...about, cache, path: tree, approved: toolchainDigest } };
}

describe('a missing SDK', () => {
  it('is laid out with its parent directories, and removed with them if it does not verify', async () => {
    const sdk = goneSdk();
    const step = await stepOf(sdk);
    expect(step).toMatchObject({
      kind: 'make-tree',
      before: { kind: 'absent' },
      makes: [path.join(sdk.home, 'sdk')],
      mode: 0o755,
    });
    const before = treeOf(sdk.home);
    const without = async () => treeOf(sdk.home, ['go/pkg/mod/state']);
    expect(await run(sdk, step, async () => 'no')).toMatchObject({ outcome: { result: 'undone' } });
    expect(await without()).toEqual(before);
    expect(await run(sdk, step)).toMatchObject({ outcome: { result: 'applied' } });
    expect(readdirSync(sdk.tree).sort()).toEqual(['.unpacked-success', 'VERSION', 'bin', 'src']);
    expect(readFileSync(path.join(sdk.tree, 'src/go.mod'), 'utf8')).toBe('module std\n');
    expect(readdirSync(path.dirname(sdk.tree))).toEqual(['go1.99.0']);
    expect(await planTree(sdk.wanted)).toBeUndefined();
  });

  it('is not laid out over anything that appeared after the plan', async () => {
    const puts: readonly ((tree: string) => void)[] = [
      (tree) => mkdirSync(tree, { recursive: true }),
      (tree) => mkdirSync(path.join(tree, 'bin'), { recursive: true }),
      (tree) => {
        mkdirSync(path.dirname(tree));
        symlinkSync('/nowhere', tree);
      },
      (tree) => {
        mkdirSync(path.join(path.dirname(path.dirname(tree)), 'elsewhere'));
        symlinkSync('elsewhere', path.dirname(tree));
      },
    ];
    for (const put of puts) {
      const sdk = goneSdk();
      const step = await stepOf(sdk);
      put(sdk.tree);
      const before = treeOf(sdk.home);
      expect(await run(sdk, step)).toMatchObject({ outcome: { result: 'undone' } });
      expect(treeOf(sdk.home, ['go/pkg/mod/state'])).toEqual(before);
    }
  });

  it('leaves no directory behind if its zip was damaged after the plan', async () => {
    const sdk = goneSdk();
    const step = await stepOf(sdk);
    const zip = readFileSync(sdk.zip);
    const name = 'src/_go.mod';
    zip.write('????', zip.indexOf(name) + name.length);
    writeFileSync(sdk.zip, zip);
    const before = treeOf(sdk.home);
    expect(await run(sdk, step)).toMatchObject({
      outcome: { result: 'undone', why: expect.stringContaining(`${sdk.zip} cannot be used`) },
    });
    expect(treeOf(sdk.home, ['go/pkg/mod/state'])).toEqual(before);
  });

  it('stays missing if a name on its way is taken, or without a zip', async () => {
    const sdk = goneSdk();
    symlinkSync('/nowhere', path.dirname(sdk.tree));
    expect(await planTree(sdk.wanted)).toEqual({
      why: `${path.dirname(sdk.tree)} is a link to /nowhere, which is no directory: create or mount it, or remove the link`,
    });
    const other = goneSdk();
    renameSync(other.zip, `${other.zip}.gone`);
    expect(await planTree(other.wanted)).toEqual({
      why: 'its zip is not in the module cache: go install golang.org/dl/go1.99.0@latest, then go1.99.0 download',
    });
  });

  it('is stored in a plan that an older version leaves alone and that is read back unchanged', async () => {
    const plan = keptPlanOf(planOf(await stepOf(goneSdk())), asked, trace);
    expect(plan.schema).toBe(2);
    expect(keptPlanSchema.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(keptPlanOf(planOf(await stepOf(edited())), asked, trace).schema).toBe(1);
  });

  it('that was changed since stays, and the journal says that it could not be undone', async () => {
    const sdk = goneSdk();
    const step = await stepOf(sdk);
    const ran = await run(sdk, step, async () => {
      writeFileSync(path.join(sdk.tree, 'mine'), 'mine\n');
      return 'no';
    });
    expect(ran).toMatchObject({
      outcome: {
        result: 'failed',
        why: expect.stringContaining('differs from the one that the rollback created'),
      },
    });
    expect(readFileSync(path.join(sdk.tree, 'mine'), 'utf8')).toBe('mine\n');
  });
});
