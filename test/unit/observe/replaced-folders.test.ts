/** Digests of replacement folders: only files that all writers of the workspace may read are included. */
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ModuleFact } from '../../../src/drift/facets/modules.ts';
import { parseGoMod } from '../../../src/go/gomod.ts';
import type { ModuleProject } from '../../../src/observe/collectors/modules/project.ts';
import { withFolderDigests } from '../../../src/observe/collectors/modules/replaced-folders.ts';
import { codeOf } from '../../../src/observe/environment/code.ts';
import type { Sources } from '../../../src/observe/environment/sources.ts';

const top = realpathSync(mkdtempSync(join(tmpdir(), 'replaced-')));
afterAll(() => rmSync(top, { recursive: true, force: true }));

function put(name: string, text: string): void {
  mkdirSync(dirname(join(top, name)), { recursive: true });
  writeFileSync(join(top, name), text);
}

/** Returns the digest of a folder next to a workspace that only its owner, or everyone, may write to. */
async function digestOf(mode: 0o755 | 0o777): Promise<string | undefined> {
  const workspace = join(top, 'app');
  chmodSync(workspace, mode);
  const content = parseGoMod(new TextEncoder().encode('module m\n\nreplace e.com/lib => ../lib\n'));
  const mod = { path: join(workspace, 'go.mod'), digest: '', content };
  const project = { root: '/', mains: [{ directory: workspace, mod }] } as unknown as ModuleProject;
  const sources = { root: '/', code: codeOf('/', workspace, '') } as unknown as Sources;
  const fact = { path: 'e.com/lib', replacement: { path: '../lib' } } as unknown as ModuleFact;
  const [one] = await withFolderDigests(sources, project, [fact]);
  return one?.replacement?.digest;
}

it('files that a writer of the workspace may not read are left out of the digest', async () => {
  chmodSync(top, 0o755);
  put('app/go.mod', '');
  put('lib/go.mod', '');
  put('lib/lib.go', 'package lib\n');
  put('lib/secret.go', 'package lib\n');
  put('lib/private/p.go', 'package private\n');
  chmodSync(join(top, 'lib/secret.go'), 0o600);
  chmodSync(join(top, 'lib/private'), 0o700);
  const [before, own] = [await digestOf(0o777), await digestOf(0o755)];
  expect(before).toMatch(/^sha256:/);
  put('lib/secret.go', 'package lib // another text\n');
  put('lib/private/new.go', 'package private\n');
  expect(await digestOf(0o777)).toBe(before);
  expect(await digestOf(0o755)).not.toBe(own);
  put('lib/lib.go', 'package lib // another text\n');
  expect(await digestOf(0o777)).not.toBe(before);
});
