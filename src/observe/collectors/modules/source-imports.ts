/**
 * Adds the imports of a workspace's sources to the read trace, as a question repeated in each pass: source
 * files are not watched, and a new import may need a module that is unavailable. Each pass compares stamps
 * only; a file is read when its stamp changed, and an edit that changes no import has no effect.
 */
import path from 'node:path';
import {
  type BuildTarget,
  constraintHolds,
  nameFits,
  readSourceHead,
  type SourceHead,
} from '../../../go/imports.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { readCache } from '../../../host/lru.ts';
import { isTracing, traceQuestion } from '../../../host/read-trace.ts';
import { withThisReader } from '../../../host/reader.ts';
import { contentStamp } from '../../../host/tree.ts';
import { cachedReader } from './cached-reader.ts';
import { type Ignoring, packageDirectories } from './package-directories.ts';
import type { SourceReader } from './source-reader.ts';

/**
 * Limits beyond which the question is not asked. The largest modules examined have some 1,500 directories and
 * 10,000 files, which take 30 ms.
 */
const limits = { folders: 2_000, files: 20_000 };
const beyondLimits = 'beyond the limits';
const sourceLimit = 4 * 1024 * 1024;

/** A module whose sources are read. */
export interface ReadModule extends Ignoring {
  readonly reader: SourceReader;
}

/** Returns the head of a file in the workspace, cached by file stamp. */
export const readOwnHead = cachedReader(
  (bytes): SourceHead => readSourceHead(bytes.toString('utf8')),
  sourceLimit,
);

/** Reports whether a build uses a file of that name; tests are not part of a build. */
export function isBuilt(name: string, target: BuildTarget): boolean {
  return name.endsWith('.go') && !name.endsWith('_test.go') && nameFits(name, target);
}

/** Reports whether a build uses a file with that head. */
export function isTaken({ constraint, usesCgo }: SourceHead, target: BuildTarget): boolean {
  return (constraint === undefined || constraintHolds(constraint, target)) && (!usesCgo || target.cgo);
}

interface Folder {
  readonly directory: string;
  readonly files: readonly string[];
}

/** Returns the sources below a directory, and the digest of their stamps; undefined beyond the limits. */
function sourcesBelow(
  top: string,
  module: Ignoring,
  target: BuildTarget,
): { readonly folders: readonly Folder[]; readonly stamps: string } | undefined {
  const folders: Folder[] = [];
  const stamps: string[] = [];
  for (const { directory, names } of packageDirectories(top, module)) {
    const files = names.filter((name) => isBuilt(name, target)).map((name) => path.join(directory, name));
    if (folders.push({ directory, files }) > limits.folders) return undefined;
    if (stamps.length + files.length > limits.files) return undefined;
    for (const file of files) stamps.push(`${file} ${contentStamp(file)}`);
  }
  return { folders, stamps: sha256Hex(stamps.join('\n')) };
}

/**
 * Returns, as one digest, what each directory imports, its build constraints, and whether it has a main
 * package; `whole` is false if a file was unreadable.
 */
function importsDigest(
  folders: readonly Folder[],
  reader: SourceReader,
  target: BuildTarget,
): { readonly digest: string; readonly whole: boolean } {
  let whole = true;
  const said = folders.map(({ directory, files }) => {
    const read = files.flatMap((file) => readOwnHead(file, reader) ?? []);
    if (read.length < files.length) whole = false;
    const heads = read.filter((head) => isTaken(head, target));
    return [
      directory,
      heads[0]?.name === 'main',
      ...new Set(read.flatMap(({ constraint = [] }) => constraint)).values(),
      ...new Set(heads.flatMap(({ imports }) => imports)).values(),
    ];
  });
  return { digest: sha256Hex(JSON.stringify(said)), whole };
}

/** A question with its cached answer. */
interface Question {
  readonly ask: () => string;
}

const questions = readCache<Question>(1_000);

function questionOf(key: string, top: string, module: ReadModule, target: BuildTarget): Question {
  const known = questions.get(key);
  if (known !== undefined) return known;
  let last = { stamps: '', answer: '' };
  const ask = withThisReader(() => {
    const found = sourcesBelow(top, module, target);
    if (found === undefined) return beyondLimits;
    if (found.stamps === last.stamps) return last.answer;
    const { digest, whole } = importsDigest(found.folders, module.reader, target);
    // An unreadable file may become readable without a change of its stamp.
    last = { stamps: whole ? found.stamps : '', answer: digest };
    return digest;
  });
  return questions.set(key, { ask });
}

/**
 * Adds the imports of the sources in and below a directory of a module to the read trace; call it before
 * reading them. A new answer causes another observation. The directories are real paths.
 */
export function traceImports(top: string, module: ReadModule, target: BuildTarget): void {
  if (!isTracing()) return;
  const { tags, ...others } = target;
  const { directory, ignored, reader } = module;
  const key = JSON.stringify([top, directory, ignored, others, [...tags].sort(), reader.name]);
  const { ask } = questionOf(key, top, module, target);
  const then = ask();
  if (then !== beyondLimits) traceQuestion(`imports ${key}`, then, ask);
}
