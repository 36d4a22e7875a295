/**
 * The version line that a C compiler prints for --version, found in its own bytes: observing starts no compiler.
 *
 * gcc prints program name, package version and version (gcc/gcc.cc, "%s %s%s"); the two strings lie next to each other in the driver
 * (gcc/version.cc). clang prints vendor, "clang version " and the version (clang/lib/Basic/Version.cpp), which lies in the driver or in
 * libclang-cpp; the vendor's word is elsewhere and left out.
 */

/** Longest text that is looked for, in bytes: how far chunks of a large file must overlap. */
export const versionTextLimit = 256;

const gccForward =
  /\0(\d{1,3}\.\d{1,3}\.\d{1,3}(?: \d{8})?(?: [([][^\0]{1,80}[)\]])?)\0{1,32}(\([^\0()]{1,100}\) )\0/;
const gccBackward =
  /\0(\([^\0()]{1,100}\) )\0{1,32}(\d{1,3}\.\d{1,3}\.\d{1,3}(?: \d{8})?(?: [([][^\0]{1,80}[)\]])?)\0/;
const clang = /\0(?:clang)? version (\d{1,3}\.\d{1,3}\.\d{1,3}[^\0 ]{0,60})(?: [^\0]{0,100})?\0/;

/** The version line in a stretch of a program's bytes, as `name` would print it; undefined when it is not there. `text` is latin1. */
export function compilerVersionLine(text: string, name: string): string | undefined {
  const forward = gccForward.exec(text);
  if (forward !== null) return `${name} ${forward[2]}${forward[1]}`;
  const backward = gccBackward.exec(text);
  if (backward !== null) return `${name} ${backward[1]}${backward[2]}`;
  const found = clang.exec(text);
  return found === null ? undefined : `clang version ${found[1]}`;
}
