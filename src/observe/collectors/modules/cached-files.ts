/**
 * Adds the files of the module cache on which a build list depends to the read trace, as questions repeated
 * in each pass. Go never changes these files, but others do: a full disk truncates a zip, a cleaner removes
 * one, a hash or a go.mod is replaced. They are too many to watch, so their stamps are checked, once a pass
 * for all targets that use the same module.
 */

import path from 'node:path';
import { downloadPath, extractedPath } from '../../../go/module-path.ts';
import { LruCache } from '../../../host/lru.ts';
import { isTracing, traceQuestion } from '../../../host/read-trace.ts';
import { contentStamp } from '../../../host/tree.ts';

interface Question {
  readonly name: string;
  readonly ask: () => string;
}

/** Shared by all targets, so that a module's name and stamps are kept in memory once. */
const questions = new LruCache<Question>(20_000);

/** Returns `+` if a path exists, otherwise `-`. */
const presenceOf = (file: string) => (contentStamp(file) === '-' ? '-' : '+');

function questionOf(name: string, answer: () => string): Question {
  return questions.getOrMake(name, () => {
    let last = '';
    const ask = () => {
      const now = answer();
      if (now !== last) last = now;
      return last;
    };
    return { name, ask };
  });
}

function note(name: string, answer: () => string): void {
  if (!isTracing()) return;
  const question = questionOf(name, answer);
  traceQuestion(question.name, question.ask(), question.ask);
}

/**
 * Adds a go.mod of the module cache, by its real path, to the read trace; call it before reading the file.
 */
export function traceCachedMod(file: string): void {
  note(`go.mod ${file}`, () => contentStamp(file));
}

/**
 * Adds what a build may need of a module version to the read trace: its zip, its recorded hash, and whether
 * it is extracted. Call it before examining the module.
 */
export function traceCachedModule(cache: string, module: string, version: string): void {
  note(`module ${cache} ${module}@${version}`, () => {
    const download = (end: 'zip' | 'ziphash' | 'partial') =>
      path.join(cache, downloadPath(module, version, end));
    return [
      contentStamp(download('zip')),
      contentStamp(download('ziphash')),
      presenceOf(download('partial')),
      presenceOf(path.join(cache, extractedPath(module, version))),
    ].join(' ');
  });
}
