/**
 * Files of the module cache that a build list was made of, as questions that each pass asks again. Go never changes them, but others do: a disk that
 * was full cuts off a zip, a cleaner takes one, a hash or a go.mod is replaced. They are too many to be watched, so their stamps alone are asked, once
 * a pass for all targets that use the same module.
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

/** Kept together, so that many targets hold one text of a module's name and of its stamps. */
const questions = new LruCache<Question>(20_000);

/** Whether something is there at all: a module is unpacked, or is not. */
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

/** Notes a go.mod of the module cache, by its real path, before it is read. */
export function noteCachedMod(file: string): void {
  note(`go.mod ${file}`, () => contentStamp(file));
}

/** Notes what a build may need of a module at a version, before it is looked at: zip, recorded hash, and whether it is unpacked. */
export function noteCachedModule(cache: string, module: string, version: string): void {
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
