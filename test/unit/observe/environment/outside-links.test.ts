/**
 * Symlinks of a project that lead out of it: how they are recognised, and what is kept of the files behind
 * them.
 */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseGoMod, scanGoLines } from '../../../../src/go/gomod.ts';
import { parseGoWork } from '../../../../src/go/gowork.ts';
import {
  codeOf,
  isQuotable,
  leadsOut,
  leadsOutNamed,
  readCode,
} from '../../../../src/observe/environment/code.ts';
import { goLinesAlone, outsideLinks, unquoted } from '../../../../src/observe/environment/outside-links.ts';

describe('the kept part of a go.mod outside of the project', () => {
  it('is its go and toolchain lines, at their line numbers', () => {
    const text = 'module s3cr3t\n\ngo 1.21\nrequire s3cr3t/x v1.0.0\ntoolchain go1.22.1\n';
    expect(goLinesAlone(text)).toBe('\n\ngo 1.21\n\ntoolchain go1.22.1\n');
    expect(scanGoLines(goLinesAlone(text))).toEqual(scanGoLines(text));
  });

  it.each(['go s3cr3t\n', 'go 1.21.s3cr3t\n', 'toolchain go1.21-s3cr3t\n', 'toolchain s3cr3t\n', 'A=s3cr3t'])(
    'is empty for %j',
    (text) => {
      expect(goLinesAlone(text).trim()).toBe('');
    },
  );

  it('contains nothing but versions, whatever the file contains', () => {
    const line = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom('go ', 'toolchain ', 'go\t'), fc.string()).map(([word, rest]) => word + rest),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const words = goLinesAlone(lines.join('\n')).split(/\s+/).filter(Boolean);
        for (const word of words)
          expect(word).toMatch(/^(go|toolchain|default|(go)?\d+(\.\d+)*((rc|beta)\d+)?)$/);
      }),
    );
  });
});

describe('a symlink', () => {
  let home = '';
  let workspace = '';
  const put = (name: string, text = '') => {
    mkdirSync(dirname(join(home, name)), { recursive: true });
    writeFileSync(join(home, name), text);
  };
  beforeEach(() => {
    home = realpathSync(mkdtempSync(join(tmpdir(), 'links-')));
    workspace = join(home, 'src/app');
    put('src/app/go.mod');
    put('secret.env');
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const code = () => codeOf('/', workspace, home);
  const out = (name: string) => leadsOut(code(), join(workspace, name));

  it('leads out if its target is outside, directly, through a folder, or through another symlink', () => {
    symlinkSync('../../secret.env', join(workspace, 'direct'));
    symlinkSync(home, join(workspace, 'folder'));
    symlinkSync('folder/secret.env', join(workspace, 'twice'));
    for (const name of ['direct', 'folder/secret.env', 'twice']) expect(out(name), name).toBe(true);
    expect(out('go.mod')).toBe(false);
    expect(out('absent')).toBe(false);
  });

  it('stays inside if its target is in the workspace or in its repository', () => {
    put('src/shared/go.mod');
    symlinkSync('go.mod', join(workspace, 'own'));
    symlinkSync('../shared/go.mod', join(workspace, 'shared'));
    expect(out('own')).toBe(false);
    expect(out('shared')).toBe(true);
    put('src/.git/HEAD');
    expect(out('shared')).toBe(false);
  });

  const isRoot = process.getuid?.() === 0;
  const nobody = 65_534;

  it.runIf(isRoot)(
    `may not use a repository above the workspace that another user made${isRoot ? '' : ' [skipped, missing: root]'}`,
    () => {
      const above = join(home, 'src');
      put('src/shared/go.mod');
      symlinkSync('../shared/go.mod', join(workspace, 'shared'));
      chownSync(workspace, nobody, nobody);
      // Any user can create this directory where everyone may write.
      mkdirSync(join(above, '.git'));
      expect(out('shared')).toBe(true);
      put('src/.git/HEAD');
      chmodSync(above, 0o1777);
      for (const owner of [nobody, 64_321]) {
        chownSync(join(above, '.git'), owner, owner);
        expect(out('shared'), `${owner}`).toBe(true);
      }
      chmodSync(above, 0o755);
      expect(out('shared'), 'of another user').toBe(true);
      chownSync(join(above, '.git'), nobody, nobody);
      chownSync(above, 0, nobody);
      for (const mode of [0o775, 0o2775]) {
        chmodSync(above, mode);
        expect(out('shared'), 'of a group that may write').toBe(true);
      }
      chownSync(above, 0, 0);
      // The bits may be the mask of an ACL that lets other users write.
      expect(out('shared'), 'of a group that may write').toBe(true);
      chmodSync(above, 0o755);
      expect(out('shared'), 'of root alone').toBe(false);
      chownSync(join(above, '.git'), nobody, nobody);
      expect(out('shared')).toBe(false);
      chownSync(above, nobody, nobody);
      chmodSync(above, 0o777);
      expect(out('shared')).toBe(false);
      rmSync(join(above, '.git'), { recursive: true });
      put('src/.git', 'gitdir: elsewhere\n');
      expect(out('shared')).toBe(false);
      put('src/.git', 'nothing of git\n');
      expect(out('shared')).toBe(true);
    },
  );

  it.runIf(isRoot)(
    `leads out if its target is not readable by the owner of the workspace${isRoot ? '' : ' [skipped, missing: root]'}`,
    () => {
      put('src/other/go.mod');
      put('src/kept/go.mod');
      chmodSync(home, 0o755);
      chmodSync(join(home, 'src/kept'), 0o700);
      const named = (name: string) => leadsOutNamed(code(), join(home, 'src', name));
      expect(['other/go.mod', 'kept/go.mod', 'kept/absent'].map(named)).toEqual([false, false, false]);
      chownSync(workspace, nobody, nobody);
      expect(['other/go.mod', 'kept/go.mod', 'kept/absent'].map(named)).toEqual([false, true, false]);
    },
  );

  it.runIf(isRoot)(
    `is read with the permissions of the owner of the workspace${isRoot ? '' : ' [skipped, missing: root]'}`,
    () => {
      chmodSync(home, 0o755);
      put('src/.git/HEAD');
      put('src/kept/go.mod', 'module kept');
      put('src/open/go.mod', 'module open');
      put('src/app/sub/go.mod', 'module sub');
      chmodSync(join(home, 'src/kept'), 0o700);
      for (const name of ['kept', 'open', 'app/sub'])
        symlinkSync(join(home, 'src', name, 'go.mod'), join(workspace, `to-${name.split('/').at(-1)}`));
      put('src/app/mine', 'mine');
      chmodSync(join(workspace, 'mine'), 0o600);
      const read = (name: string) => {
        const result = readCode(code(), join(workspace, name), 100);
        return result.ok ? result.bytes.toString() : result.failure;
      };
      const names = ['to-kept', 'to-open', 'to-sub', 'go.mod', 'mine'];
      expect(names.map(read)).toEqual(['module kept', 'module open', 'module sub', '', 'mine']);
      chownSync(workspace, nobody, nobody);
      // Root’s private files in the same folder are denied too: the folder’s owner can rename them.
      expect(names.map(read)).toEqual(['denied', 'module open', 'module sub', '', 'denied']);
      // A workspace whose path is closed to its owner is still read.
      chmodSync(home, 0o700);
      expect(names.map(read)).toEqual(['denied', 'denied', 'module sub', '', 'denied']);
    },
  );

  it('may be quoted if its target is a file of the same kind, and never if it belongs to git', () => {
    const quoted = (file: string, real: string) => isQuotable(join(workspace, file), join(workspace, real));
    for (const [file, real] of [
      ['go.mod', 'go.mod'],
      ['go.mod', '../shared/go.mod'],
      ['go.mod', 'build/tools.mod'],
      ['go.work', '../dev.work'],
    ] as const)
      expect(quoted(file, real), real).toBe(true);
    for (const [file, real] of [
      ['go.mod', '.env'],
      ['go.mod', '.npmrc'],
      ['go.mod', '.git/config'],
      ['go.mod', '.git/go.mod'],
      ['go.work', 'gha-creds-1.json'],
      ['go.mod', 'go.work'],
    ] as const)
      expect(quoted(file, real), real).toBe(false);
  });

  it('to a file of another kind is parsed, but its lines are not quoted', () => {
    const mod = parseGoMod(Buffer.from('API_TOKEN=s3cr3t\ngo s3cr3t\nrequire a.b/c v1.0.0\n'));
    const shown = unquoted(mod);
    expect(JSON.stringify(shown)).not.toContain('s3cr3t');
    expect(shown.require).toEqual(mod.require);
    expect(shown.problems.map(({ line }) => line)).toEqual(mod.problems.map(({ line }) => line));
    expect(shown.problems.at(-1)).toEqual(mod.problems.at(-1));
    expect(unquoted({ a: 1 })).toEqual({ a: 1 });
  });

  it('may not use a repository that contains the whole home', () => {
    put('.git/HEAD');
    symlinkSync('../../secret.env', join(workspace, 'direct'));
    expect(out('direct')).toBe(true);
  });

  it('to the workspace itself makes no difference', () => {
    symlinkSync('app', join(home, 'src/link'));
    symlinkSync('go.mod', join(workspace, 'own'));
    const linked = codeOf('/', join(home, 'src/link'), home);
    expect(leadsOut(linked, join(home, 'src/link/own'))).toBe(false);
    symlinkSync('../../secret.env', join(workspace, 'direct'));
    expect(leadsOut(linked, join(home, 'src/link/direct'))).toBe(true);
  });

  it('in a parent folder is judged from its own folder', () => {
    put('dotfiles/tool-versions');
    symlinkSync('dotfiles/tool-versions', join(home, '.tool-versions'));
    expect(leadsOut(code(), join(home, '.tool-versions'))).toBe(false);
    symlinkSync('/etc/hostname', join(home, '.go-version'));
    expect(leadsOut(code(), join(home, '.go-version'))).toBe(true);
  });

  it('is found in every file that decides modules', async () => {
    const text = 'go 1.21\n\nuse (\n\t.\n\t./used\n)\n';
    put('src/app/used/a.go');
    put('src/app/replaced/a.go');
    const names = [
      'go.sum',
      'go.work.sum',
      'vendor/modules.txt',
      'used/go.mod',
      'replaced/go.mod',
      '.go-version',
    ];
    mkdirSync(join(workspace, 'vendor'));
    for (const name of names) symlinkSync(join(home, 'secret.env'), join(workspace, name));
    const mod = 'module a\n\nreplace b => ./replaced\n';
    const found = await outsideLinks(
      code(),
      {
        gomod: { path: join(workspace, 'go.mod'), text: mod, file: parseGoMod(Buffer.from(mod)) },
        gowork: { path: join(workspace, 'go.work'), text, file: parseGoWork(Buffer.from(text)) },
      },
      [join(workspace, '.go-version')],
    );
    expect([...found].sort()).toEqual(names.map((name) => join(workspace, name)).sort());
  });
});
