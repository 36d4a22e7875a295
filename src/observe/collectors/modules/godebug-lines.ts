/**
 * Finds `//go:debug` lines that this `go` rejects, in the usual locations of main packages: the workspace's own
 * directory, directories below `cmd`, and directories named `main`. Reading every file of a large repository
 * would be too expensive, and `go` reports the others when it builds them.
 */

import path from 'node:path';
import type { FileProblem } from '../../../drift/facets/modules.ts';
import { goMinor } from '../../../go/defaults.ts';
import { readGodebugLines } from '../../../go/godebug-lines.ts';
import type { GodebugDirective } from '../../../go/gomod.ts';
import { isIgnored } from '../../../go/ignored.ts';
import { constraintHolds, nameFits, readSourceHead } from '../../../go/imports.ts';
import type { ModFileProblem } from '../../../go/modfile-lexer.ts';
import { godebugProblems } from '../../../go/project-problems.ts';
import { stampOf } from '../../../host/files.ts';
import { readCache } from '../../../host/lru.ts';
import { type Code, codeName, isOutside, leadsOut, readCode } from '../../environment/code.ts';
import { namesIn } from '../../environment/directory-names.ts';
import type { Sources } from '../../environment/sources.ts';
import { buildTarget } from './missing-modules.ts';

/** More commands than any repository examined has. */
const directoryLimit = 200;
/** Larger files are generated and contain no settings. */
const fileLimit = 64 * 1024;

/** What the head of a file says. */
interface Head {
  readonly stamp: string;
  readonly constraint: string | undefined;
  readonly usesCgo: boolean;
  readonly settings: readonly GodebugDirective[];
  readonly problems: readonly ModFileProblem[];
}

const known = readCache<Head>(4_096);

/** Returns the head of a file, cached by file stamp. */
function headOf(code: Code, file: string): Head | undefined {
  const { root } = code;
  const entry = stampOf({ root, path: file });
  if (entry === undefined || entry.directory || entry.size > fileLimit) return undefined;
  const stamp = [entry.inode, entry.size, entry.mtimeMs, entry.ctimeMs].join(' ');
  const key = `${codeName(code)}\0${file}`;
  const before = known.get(key);
  if (before?.stamp === stamp) return before;
  const read = readCode(code, file, fileLimit);
  if (!read.ok || isOutside(code, file, read.real)) return undefined;
  const text = read.bytes.toString('utf8');
  const { constraint, usesCgo } = readSourceHead(text);
  const head: Head = { stamp, constraint, usesCgo, ...readGodebugLines(text) };
  return known.set(key, head);
}

/** Returns the directories to search, nearest first, without those of other modules. */
function mainDirectories({ code: { root }, settings: { workspace }, gomod }: Sources): readonly string[] {
  const ignored = gomod?.file.ignore.map((one) => one.path) ?? [];
  const module = path.dirname(gomod?.path ?? workspace);
  const found = [workspace];
  const pending = ['cmd', 'main'].map((name) => path.join(workspace, name));
  for (
    let here = pending.shift();
    here !== undefined && found.length < directoryLimit;
    here = pending.shift()
  ) {
    if (stampOf({ root, path: here })?.directory !== true) continue;
    const names = namesIn({ root, path: here });
    if (names.has('go.mod') || isIgnored(ignored, path.relative(module, here))) continue;
    found.push(here);
    for (const name of names)
      if (!/^[._]|\./.test(name) && name !== 'testdata' && name !== 'vendor')
        pending.push(path.join(here, name));
  }
  return found;
}

/** Returns the errors in the heads of the files that a build here reads. */
export function refusedGodebugLines(sources: Sources, goVersion: string): readonly FileProblem[] {
  const { code } = sources;
  const { root } = code;
  // Go 1.21 introduced these lines.
  if (goMinor(goVersion) < 21) return [];
  const target = buildTarget(sources);
  const problems: FileProblem[] = [];
  for (const directory of mainDirectories(sources)) {
    for (const name of namesIn({ root, path: directory })) {
      if (!name.endsWith('.go') || name.endsWith('_test.go') || !nameFits(name, target)) continue;
      const file = path.join(directory, name);
      if (leadsOut(code, file)) continue;
      const head = headOf(code, file);
      if (head === undefined || (head.usesCgo && !target.cgo)) continue;
      if (head.constraint !== undefined && !constraintHolds(head.constraint, target)) continue;
      const refused = godebugProblems(head.settings, goVersion, sources.tree.knowledge.godebugs);
      for (const one of [...head.problems, ...refused]) problems.push({ path: file, ...one });
    }
  }
  return problems;
}
