/**
 * What the sources of a workspace import, as a question that each pass asks again: no watch announces a file of source, and a new import may ask for
 * a module that cannot be had. Stamps alone are asked; a file is read when its own changed, and an edit that moves no import changes nothing.
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

/** Beyond these nobody asks at each pass. The largest modules that we looked at have some 1,500 folders and 10,000 files: 30 ms. */
const limits = { folders: 2_000, files: 20_000 };
const beyondLimits = 'beyond the limits';
const sourceLimit = 4 * 1024 * 1024;

/** A module whose sources are read. */
export interface ReadModule extends Ignoring {
  readonly reader: SourceReader;
}

/** What a file of the workspace begins with; read again when its stamp changed. */
export const readOwnHead = cachedReader(
  (bytes): SourceHead => readSourceHead(bytes.toString('utf8')),
  sourceLimit,
);

/** Whether a build takes a file of that name; tests are no part of one. */
export function isBuilt(name: string, target: BuildTarget): boolean {
  return name.endsWith('.go') && !name.endsWith('_test.go') && nameFits(name, target);
}

/** Whether a build takes what begins like that. */
export function isTaken({ constraint, usesCgo }: SourceHead, target: BuildTarget): boolean {
  return (constraint === undefined || constraintHolds(constraint, target)) && (!usesCgo || target.cgo);
}

interface Folder {
  readonly directory: string;
  readonly files: readonly string[];
}

/** The sources below a directory and their stamps as one text; undefined beyond the limits. */
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

/** What is imported in which folder, what decides which files are built, and where a program is made, as one digest; whether each file was read. */
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

/** One question, with what it was answered last. */
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
    // What may not be read now may be later, without a change of its own.
    last = { stamps: whole ? found.stamps : '', answer: digest };
    return digest;
  });
  return questions.set(key, { ask });
}

/**
 * Notes what the sources in and below a directory of a module import, before they are read: another answer is a reason to look again. The directories
 * are real ones.
 */
export function noteImports(top: string, module: ReadModule, target: BuildTarget): void {
  if (!isTracing()) return;
  const { tags, ...others } = target;
  const { directory, ignored, reader } = module;
  const key = JSON.stringify([top, directory, ignored, others, [...tags].sort(), reader.name]);
  const { ask } = questionOf(key, top, module, target);
  const then = ask();
  if (then !== beyondLimits) traceQuestion(`imports ${key}`, then, ask);
}
