/**
 * Collects the C compilers of cgo as tools: `cc` and `cxx` with their version line, read from their files
 * (docs/decisions/0013). A compiler without a recognisable version line, such as a wrapper script, is
 * identified by its digest, so that changes are still detected.
 */

import path from 'node:path';
import type { ToolFact } from '../../../drift/facets/tools.ts';
import { compilerVersionLine, versionTextLimit } from '../../../go/compiler-version.ts';
import { splitQuoted } from '../../../go/goflags.ts';
import { sha256Hex } from '../../../host/digest.ts';
import { executableAt, insideRoot, readFile, realPathOf, scanFile, stampOf } from '../../../host/files.ts';
import { readCache, stampKey } from '../../../host/lru.ts';
import { readerName } from '../../../host/reader.ts';
import { namesIn } from '../../environment/directory-names.ts';
import type { ReadEnvironment } from '../../environment/process-environment.ts';
import type { Sources } from '../../environment/sources.ts';

/**
 * Programs that run the compiler named after them, or, as with ccache's symlinks, the next one of their own
 * name on PATH.
 */
const launchers = new Set(['ccache', 'sccache', 'distcc', 'icecc']);
/**
 * Returns the programs that a compiler command starts: its first word and, behind a launcher or env(1), the
 * word started by that one, if it is evident.
 */
export function programsOf(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  if (first === '') return [];
  const name = path.basename(first);
  if (name !== 'env' && !launchers.has(name)) return [first];
  const next = words.slice(1).find((word) => name !== 'env' || !word.includes('='));
  return next === undefined || next.startsWith('-') ? [first] : [first, next];
}

/** Largest file that is hashed: compilers' drivers are small. A larger one is identified by its stamp. */
const digestLimit = 64 << 20;

interface Found {
  readonly file: string;
  readonly realPath: string;
  readonly key: string;
}

function executable({ root, credentials }: ReadEnvironment, file: string): Found | undefined {
  const found = executableAt({ root, path: file }, credentials);
  if (found === undefined) return undefined;
  const { inode, size, mtimeMs, ctimeMs } = found.stamp;
  return { file, realPath: found.realPath, key: [found.realPath, inode, size, mtimeMs, ctimeMs].join('\0') };
}

/** Returns the compiler that a command line starts: its first word, or the word behind a launcher. */
function compilerOf(sources: Sources, command: string): Found | undefined {
  const split = splitQuoted(command);
  const words = 'problem' in split ? [] : split.fields;
  const word = programsOf(words).at(-1) ?? '';
  if (word === '') return undefined;
  const { environment, settings, pathDirectories } = sources;
  if (word.includes('/')) return executable(environment, path.resolve(settings.workspace || '/', word));
  let launcher: Found | undefined;
  for (const directory of pathDirectories) {
    const found = executable(environment, path.join(directory, word));
    if (found === undefined) continue;
    if (!launchers.has(path.basename(found.realPath))) return found;
    launcher ??= found;
  }
  return launcher;
}

/** Returns the libraries that contain clang's version if its driver is a mere front end. */
function librariesOf(root: string, driver: string): readonly string[] {
  const library = path.join(path.dirname(driver), '../lib');
  return [...namesIn({ root, path: library })]
    .filter((name) => /^libclang-cpp\.so(\.[\w.]+)?$/.test(name))
    .map((name) => path.join(library, name));
}

const lines = readCache<{ readonly line?: string }>(64);
const digests = readCache<string>(64);

/** Returns the version line that a file contains, cached by file stamp; undefined if it contains none. */
function lineIn(root: string, file: string, compiler: string): string | undefined {
  const place = { root, path: file };
  const realPath = realPathOf(place);
  const stamp = stampOf(place);
  if (realPath === undefined || stamp === undefined) return undefined;
  return lines.getOrMake(`${compiler}\0${stampKey(realPath, stamp)}`, () => {
    const line = scanFile(realPath, versionTextLimit, (bytes) => compilerVersionLine(bytes, compiler));
    return line === undefined ? {} : { line };
  }).line;
}

/**
 * Returns the version of a compiler. Cached results query the same files again, so that the read trace
 * contains every file in which a version was found or missed.
 */
function versionOf(root: string, { file, realPath, key }: Found): string {
  const name = path.basename(file);
  const driver = insideRoot(root, realPath);
  const line = lineIn(root, driver, name);
  if (line !== undefined) return line;
  for (const library of librariesOf(root, driver)) {
    const found = lineIn(root, library, name);
    if (found !== undefined) return found;
  }
  const digest = digests.getOrMake(`${readerName()}\0${root}\0${key}`, () => {
    const read = readFile({ root, path: driver }, digestLimit);
    return read.ok ? sha256Hex(read.bytes) : sha256Hex(key);
  });
  return `${path.basename(driver)} sha256:${digest.slice(0, 16)}`;
}

function compiler(sources: Sources, name: string, command: string): ToolFact | undefined {
  const found = compilerOf(sources, command);
  if (found === undefined) return undefined;
  return {
    name,
    path: found.file,
    realPath: insideRoot(sources.root, found.realPath),
    version: versionOf(sources.root, found),
    loadsSource: false,
    shadowed: [],
  };
}

/**
 * Returns the compilers that cgo would start; none if cgo is disabled. A missing one is reported by the rule
 * cgo-no-compiler.
 */
export function collectCompilers(sources: Sources): readonly ToolFact[] {
  const value = (name: string) => sources.variables.get(name)?.value ?? '';
  if (value('CGO_ENABLED') !== '1') return [];
  const found = [compiler(sources, 'cc', value('CC')), compiler(sources, 'cxx', value('CXX'))];
  return found.filter((tool) => tool !== undefined);
}
