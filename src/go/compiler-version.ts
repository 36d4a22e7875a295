/**
 * The version line that a C compiler prints for --version, found in its own bytes: observing starts no compiler.
 *
 * gcc prints program name, package version and version (gcc/gcc.cc, "%s %s%s"); the two strings lie next to each other in the driver
 * (gcc/version.cc). clang prints vendor, "clang version " and the version (clang/lib/Basic/Version.cpp), which lies in the driver or in
 * libclang-cpp; the vendor's word is elsewhere and left out.
 */

import { type SearchableBytes, textsAround } from './texts-around.ts';

/** How far a line's parts lie apart at most, in bytes: chunks of a large file must overlap by it. */
export const versionTextLimit = 256;

const version = String.raw`\d{1,3}\.\d{1,3}\.\d{1,3}(?: \d{8})?(?: [([][^\0]{1,80}[)\]])?`;
const packaged = String.raw`\([^\0()]{1,100}\) `;
const forward = new RegExp(String.raw`\0(${version})\0{1,32}(${packaged})\0`);
const backward = new RegExp(String.raw`\0(${packaged})\0{1,32}(${version})\0`);
const clang = /\0(?:clang)? version (\d{1,3}\.\d{1,3}\.\d{1,3}[^\0 ]{0,60})(?: [^\0]{0,100})?\0/;

const reach = { before: versionTextLimit, after: versionTextLimit };

/** The version line in a stretch of a program's bytes, as `name` would print it; undefined when it is not there. */
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
