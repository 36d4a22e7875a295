/** Which modules a build needs, by the imports of real files. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { neededModules } from '../../../src/observe/modules/needs.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'needs-')));
afterEach(() => rmSync(top, { recursive: true, force: true }));

it('an import path with .. leads to nothing, as go refuses it', async () => {
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  };
  put('main/a.go', 'package a\n\nimport (\n\t_ "e.com/dep/../../outside"\n\t_ "e.com/dep/in"\n)\n');
  put('cache/dep/in/in.go', 'package in\n');
  // Nothing of what lies outside of the module is read.
  put('outside/o.go', 'package o\n\nimport _ "e.com/secret"\n');
  const sources = [
    { path: 'e.com/main', directory: join(top, 'main'), main: true },
    { path: 'e.com/dep', directory: join(top, 'cache/dep'), main: false },
    { path: 'e.com/secret', directory: undefined, main: false },
  ];
  const target = { os: 'linux', arch: 'amd64', cgo: false, goMinor: 27, tags: new Set<string>() };
  const needed = await neededModules(sources, new Set(['e.com/dep', 'e.com/secret']), target);
  expect(needed).toEqual(new Map([['e.com/dep', 'e.com/main']]));
});
