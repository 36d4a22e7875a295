/**
 * The repairs that blame suggests inside go.mod and go.work, carried out literally with the newest toolchain:
 * afterwards the file has the old directive again.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { moduleParts } from '../../src/cli/blame/module-parts.ts';
import type { Part } from '../../src/explain/blame/atom.ts';
import { directiveChanges, type ModFileKind } from '../../src/go/modfile-merge.ts';
import { ensureToolchain, scratch, type Toolchain, toolchainVersions } from '../lab/toolchains.ts';

let newest: Toolchain;
beforeAll(async () => {
  newest = await ensureToolchain(toolchainVersions[toolchainVersions.length - 1] ?? '');
});

interface Changed {
  readonly file: string;
  readonly parts: readonly Part[];
  readonly left: () => readonly string[] | undefined;
}

async function changed(was: string, now: string, kind: ModFileKind = 'go.mod'): Promise<Changed> {
  const head = kind === 'go.mod' ? 'module example.com/m\n' : '';
  const file = join(scratch('blame-repairs'), kind);
  writeFileSync(file, head + now);
  const older = Buffer.from(head + was);
  const parts = await moduleParts({
    id: 'it',
    likelihood: 1,
    facet: 'modules',
    key: kind === 'go.mod' ? 'modules.go_mod' : 'modules.go_work',
    kind: 'difference',
    title: kind,
    changes: [{ do: 'write', path: file, bytes: older, mode: 0o644 }],
    repair: '',
  });
  const left = () => directiveChanges(older, readFileSync(file), kind)?.map(({ id }) => id);
  return { file, parts, left };
}

/** Runs the repairs in the folder of the file, as a user who copies them would. */
async function repair({ file, parts }: Changed): Promise<void> {
  for (const part of parts) {
    const { exitCode, stderr } = await execa('/bin/sh', ['-c', part.repair], {
      cwd: join(file, '..'),
      env: {
        HOME: scratch('home'),
        PATH: `${join(newest.goroot, 'bin')}:/usr/bin:/bin`,
        GOPROXY: 'off',
        GOFLAGS: '-mod=mod',
        GOTELEMETRY: 'off',
      },
      extendEnv: false,
      reject: false,
      timeout: 120_000,
    });
    expect(exitCode, `${part.repair}: ${stderr}`).toBe(0);
  }
}

/** A case: its title, the older content, the newer content, and the kind of file. */
type Case = readonly [about: string, was: string, now: string, kind?: ModFileKind];

describe('a repair inside a module file', () => {
  const healed: readonly Case[] = [
    [
      'of versions',
      'require (\n\ta.b/a v1.0.0\n\ta.b/g v1.0.0\n)\n',
      'require (\n\ta.b/a v1.1.0\n\ta.b/n v1.0.0\n)\n',
    ],
    ['of a version in quotes', 'require "a.b/a" "v1.0.0"\n', 'require a.b/a v1.1.0\n'],
    [
      'of a module that is now required twice',
      'require a.b/a v1.0.0\n',
      'require a.b/a v1.1.0\nrequire a.b/a v1.2.0\n',
    ],
    ['of a folder with a blank in its name', 'replace a.b/a => "../a b"\n', ''],
    ['of a folder with an @ in its name', 'replace a.b/a => ../a@b\n', ''],
    [
      'of a fork in quotes',
      'replace "a.b/a" v1.0.0 => "a.b/fork" "v1.2.0"\n',
      'replace a.b/a v1.0.0 => ./a\n',
    ],
    ['of added exclusions', '', 'exclude a.b/a v1.0.0\nexclude a.b/a v1.1.0\n'],
    [
      'of tool, godebug and ignore directives',
      'go 1.25\ntool a.b/a/cmd\ngodebug panicnil=1\nignore ./x\n',
      'go 1.25\ntool (\n\ta.b/b/cmd\n)\ngodebug panicnil=0\nignore (\n\t./y\n)\n',
    ],
    [
      'of a file with carriage returns',
      'go 1.21\r\nrequire a.b/a v1.0.0\r\n',
      'go 1.22\r\nrequire a.b/a v1.1.0\r\n',
    ],
    // The go in use is too old for this go line and must not switch to a newer one.
    ['of a go line that is too new', 'go 1.21\n', 'go 1.99.0\n'],
    ['of a toolchain line that is too new', 'go 1.21\n', 'go 1.21\ntoolchain go1.99.0\n'],
    [
      'of a go.work',
      'go 1.21\nuse .\nuse "./a b"\n',
      'go 1.99.0\nuse (\n\t.\n\t./c\n)\ntoolchain go1.99.1\n',
      'go.work',
    ],
  ];
  for (const [about, was, now, kind] of healed)
    it(`restores the old directives: ${about}`, async () => {
      const file = await changed(was, now, kind);
      expect(file.left()).not.toEqual([]);
      await repair(file);
      expect(file.left()).toEqual([]);
    });

  const inWords: readonly Case[] = [
    [
      'put the lines require a.b/a v1.0.0 and require a.b/a v1.1.0 back into FILE, in place of what it has of require a.b/a',
      'require a.b/a v1.0.0\nrequire a.b/a v1.1.0\n',
      'require a.b/a v1.2.0\n',
    ],
    // go mod edit would write the path without quotes, and then reject the file.
    ['put the line ignore "./a b" back into FILE', 'go 1.25\nignore "./a b"\n', 'go 1.25\n'],
    [
      'put the line require a.b/a v1.0.0 back into FILE, in place of what it has of require a.b/a',
      'require a.b/a v1.0.0\n',
      'require a.b/a v1.0.0 // indirect\n',
    ],
    [
      'put the line use ./a back into FILE, in place of what it has of use ./a',
      'go 1.21\nuse ./a\n',
      'go 1.21\nuse ./a\nuse ./a\n',
      'go.work',
    ],
  ];
  for (const [said, was, now, kind] of inWords)
    it(`is an instruction in words if no command can do it: ${said}`, async () => {
      const { file, parts } = await changed(was, now, kind);
      expect(parts.map((part) => part.repair)).toEqual([said.replace('FILE', file)]);
    });
});
