/**
 * With which permissions the files of a workspace, and the files that they refer to, are read: everyone who
 * may write to the workspace must be allowed to read them.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refineTarget } from '../../../src/cli/settings/workspace-file.ts';
import { parseGoMod } from '../../../src/go/gomod.ts';
import { parseGoWork } from '../../../src/go/gowork.ts';
import { type ModuleProject, readModuleProject } from '../../../src/observe/collectors/modules/project.ts';
import { vendorDigest } from '../../../src/observe/collectors/modules/vendor-tree.ts';
import { codeOf } from '../../../src/observe/environment/code.ts';
import { outsideLinks } from '../../../src/observe/environment/outside-links.ts';
import type { Sources } from '../../../src/observe/environment/sources.ts';
import type { TargetSettings } from '../../../src/observe/target.ts';

const isRoot = process.getuid?.() === 0;
/** Ids that no account has. */
const [alice, club] = [64_331, 64_332];

const goMod = (name: string, rest = '') => `module e.com/${name}\n\ngo 1.21\n${rest}`;
const replaced = 'require e.com/lib v1.0.0\n\nreplace e.com/lib => ../private\n';

describe.skipIf(!isRoot)(`writers of a workspace${isRoot ? '' : ' [skipped, missing: root]'}`, () => {
  let top = '';
  const at = (name: string) => join(top, name);
  const give = (name: string, uid: number, gid: number, mode: number) => {
    chownSync(at(name), uid, gid);
    chmodSync(at(name), mode);
  };
  const put = (name: string, text: string, uid = 0, gid = 0, mode = 0o644) => {
    mkdirSync(dirname(at(name)), { recursive: true });
    writeFileSync(at(name), text);
    give(name, uid, gid, mode);
  };
  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'owners-')));
    chmodSync(top, 0o755);
    put('private/go.mod', goMod('private', 'require corp.example/vault v1.2.3\n'), 0, 0, 0o600);
    chmodSync(at('private'), 0o700);
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  /** Returns the sources of a workspace that decide its modules. */
  const sourcesOf = (work?: string): Sources => {
    const source = <T>(file: string, parse: (bytes: Uint8Array) => T, text: string) => ({
      path: file,
      text,
      file: parse(Buffer.from(text)),
    });
    return {
      root: '/',
      code: codeOf('/', at('ws'), ''),
      settings: { workspace: at('ws') },
      variables: new Map(),
      gomod: source(at('ws/go.mod'), parseGoMod, ''),
      ...(work === undefined ? {} : { gowork: source(at('ws/go.work'), parseGoWork, work) }),
    } as unknown as Sources;
  };
  const vaultOf = ({ replaced }: ModuleProject) =>
    [...replaced.values()].flatMap(({ content }) => content.require.map((one) => one.path));

  it('a replacement is no longer read after the workspace’s permissions were widened, although no file changed', () => {
    put('ws/go.mod', goMod('ws', replaced));
    expect(vaultOf(readModuleProject(sourcesOf()))).toEqual(['corp.example/vault']);
    give('ws', 0, club, 0o2775);
    expect(vaultOf(readModuleProject(sourcesOf()))).toEqual([]);
    give('ws', 0, 0, 0o755);
    expect(vaultOf(readModuleProject(sourcesOf()))).toEqual(['corp.example/vault']);
  });

  it.each([
    ['root’s and a group’s', 0, club, 0o2770, 0],
    ['a user’s and a group’s', alice, club, 0o2770, alice],
    ['a user’s in a checkout of root’s and a group’s', 0, club, 0o2770, alice],
    ['root’s own, with an open mask', 0, 0, 0o770, 0],
  ])(
    'the go.mod files inside a checkout are read if others may not write to it: %s',
    (_, uid, gid, mode, author) => {
      put('ws/go.mod', goMod('ws', replaced), author, gid, 0o660);
      put('ws/lib/go.mod', goMod('lib'), author, gid, 0o660);
      give('ws/lib', author, gid, mode);
      give('ws', uid, gid, mode);
      const { mains, replaced: named } = readModuleProject(sourcesOf());
      expect(mains[0]?.mod.problem).toBeUndefined();
      expect(mains[0]?.mod.content.module?.path).toBe('e.com/ws');
      expect([...named.values()].flatMap(({ content }) => content.require)).toEqual([]);
      const work = readModuleProject(sourcesOf('go 1.21\n\nuse ./lib\n'));
      expect(work.mains[0]?.mod.content.module?.path).toBe('e.com/lib');
    },
  );

  it('a replacement must be readable by both the owner and the writing group', () => {
    put('ws/go.mod', goMod('ws', 'replace e.com/lib => ../other\n'));
    give('ws', alice, club, 0o2775);
    put('other/go.mod', goMod('other', 'require corp.example/vault v1.2.3\n'), 0, club, 0o640);
    expect(vaultOf(readModuleProject(sourcesOf()))).toEqual([]);
    // Both may read it now.
    chmodSync(at('other/go.mod'), 0o644);
    expect(vaultOf(readModuleProject(sourcesOf()))).toEqual(['corp.example/vault']);
  });

  it('the owner of one module of a go.work limits only its own replacements, not those of the go.work', async () => {
    const work = (rest: string) => `go 1.21\n\nuse (\n\t.\n\t../theirs\n)\n\n${rest}`;
    put('ws/go.mod', goMod('ws'));
    put('theirs/go.mod', goMod('theirs', replaced), alice, alice);
    give('theirs', alice, alice, 0o755);
    put('ws/go.work', work(''));
    expect(vaultOf(readModuleProject(sourcesOf(work(''))))).toEqual([]);
    const roots = work('replace e.com/lib => ../private\n');
    put('ws/go.work', roots);
    const sources = sourcesOf(roots);
    expect(vaultOf(readModuleProject(sources))).toEqual(['corp.example/vault']);
    expect(await outsideLinks(sources.code, sources, [])).toEqual([]);
  });

  it('the owner of a go.work elsewhere limits the modules that it uses', async () => {
    const work = 'go 1.21\n\nuse ../private\n';
    put('ws/go.mod', goMod('ws'));
    put('far/go.work', work, alice, alice);
    const sources = {
      ...sourcesOf(work),
      gowork: { path: at('far/go.work'), text: work, file: parseGoWork(Buffer.from(work)) },
    } as Sources;
    expect(readModuleProject(sources).mains[0]?.mod.content.require).toEqual([]);
    expect(await outsideLinks(sources.code, sources, [])).toEqual([at('private/go.mod')]);
    chownSync(at('far/go.work'), 0, 0);
    expect(readModuleProject(sources).mains[0]?.mod.content.require).toHaveLength(1);
    expect(await outsideLinks(sources.code, sources, [])).toEqual([]);
  });

  it('a vendored file that one of them may not read is not hashed', async () => {
    put('ws/vendor/e.com/a.go', 'package a\n');
    give('ws', alice, alice, 0o755);
    const digestOf = async (text: string, mode: number) => {
      put('ws/vendor/e.com/private.go', text, 0, 0, mode);
      const digest = await vendorDigest(codeOf('/', at('ws'), ''), at('ws/vendor'));
      return 'digest' in digest ? digest.digest : digest.why;
    };
    const open = await digestOf('a secret\n', 0o644);
    expect(await digestOf('another one\n', 0o644)).not.toBe(open);
    const closed = await digestOf('a secret\n', 0o600);
    expect(await digestOf('another one\n', 0o600)).toBe(closed);
  });

  it('.godrift.yml is read again with the new owner’s permissions after a chown', async () => {
    put('ws/.godrift.yml', 'required: [GOPRIVATE]\n', 0, 0, 0o600);
    const target: TargetSettings = {
      name: 'ws',
      workspace: at('ws'),
      environment: { from: 'none' },
      pool: '',
      baseline: 'auto',
      pins: { goMod: 'floor', tools: {} },
      required: [],
      tools: [],
    };
    expect((await refineTarget(target)).required).toEqual(['GOPRIVATE']);
    give('ws', alice, alice, 0o755);
    await expect(refineTarget(target)).rejects.toThrow('cannot read');
  });
});
