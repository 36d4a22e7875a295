/**
 * Finds the line that a C compiler prints for --version in the bytes of the compiler, since godrift does not
 * run compilers to observe them.
 *
 * gcc prints program name, package version and version (gcc/gcc.cc, "%s %s%s"); the two version strings are
 * adjacent in the driver (gcc/version.cc). clang prints vendor, "clang version " and the version
 * (clang/lib/Basic/Version.cpp). Its version string is in the driver or in libclang-cpp; the vendor is stored
 * elsewhere and left out.
 */

import { type SearchableBytes, textsAround } from './texts-around.ts';

/**
 * Largest distance of the parts of a version line, in bytes; chunks of a large file must overlap by this
 * much.
 */
export const versionTextLimit = 256;

const version = String.raw`\d{1,3}\.\d{1,3}\.\d{1,3}(?: \d{8})?(?: [([][^\0]{1,80}[)\]])?`;
const packaged = String.raw`\([^\0()]{1,100}\) `;
const forward = new RegExp(String.raw`\0(${version})\0{1,32}(${packaged})\0`);
const backward = new RegExp(String.raw`\0(${packaged})\0{1,32}(${version})\0`);
const clang = /\0(?:clang)? version (\d{1,3}\.\d{1,3}\.\d{1,3}[^\0 ]{0,60})(?: [^\0]{0,100})?\0/;

const reach = { before: versionTextLimit, after: versionTextLimit };

/**
 * Finds the version line of compiler `name` in a chunk of its bytes, e.g. `gcc (Debian 12.2.0-14) 12.2.0`;
 * undefined if there is none.
 */
export function compilerVersionLine(bytes: SearchableBytes, name: string): string | undefined {
  for (const text of textsAround(bytes, ') \0', reach)) {
    const after = forward.exec(text);
    if (after !== null) return `${name} ${after[2]}${after[1]}`;
    const before = backward.exec(text);
    if (before !== null) return `${name} ${before[1]}${before[2]}`;
  }
  for (const text of textsAround(bytes, ' version ', reach)) {
    const found = clang.exec(text);
    if (found !== null) return `clang version ${found[1]}`;
  }
  return undefined;
}
