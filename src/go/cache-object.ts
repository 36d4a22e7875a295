/**
 * Determines the kind of a build cache output from its content. The name of an output is only the SHA-256 of
 * its content and says nothing about its kind.
 */
import { actionOfBuildId } from './build-id.ts';
import type { ReadAt } from './executable.ts';
import { type GoArchive, readGoArchive } from './go-archive.ts';

/** Kinds of outputs; the order is part of stored manifests. */
export const outputKinds = ['other', 'archive', 'index', 'executable', 'testlog'] as const;
export type OutputKind = (typeof outputKinds)[number];

/** The kind of an output, and what its content says about its origin. */
export interface CacheOutput {
  readonly kind: OutputKind;
  /** The action that the build id of an archive or executable names (20 characters). */
  readonly madeBy?: string;
  readonly archive?: GoArchive;
}

/** Number of bytes in which a build id is searched, the same as in cmd/internal/buildid. */
const headBytes = 32 * 1024;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** Magic numbers of executables: ELF, Mach-O in both byte orders, PE, WebAssembly. */
const programs = /^(?:\x7fELF|\xfe\xed\xfa[\xce\xcf]|[\xce\xcf]\xfa\xed\xfe|MZ|\0asm)/;

/**
 * Returns the build id of an executable, from its ELF note of owner `Go` or the marked text at the start of
 * the code (cmd/internal/buildid).
 */
function programBuildId(head: string): string | undefined {
  const note = /Go\0\0([\w-]{20}\/[\w-]{20}\/[\w-]{20}\/[\w-]{20})/.exec(head)?.[1];
  return note ?? /\xff Go build ID: "([^"]*)"\n \xff/.exec(head)?.[1];
}

/** Determines the kind of an output of `size` bytes. */
export function describeOutput(readAt: ReadAt, size: number): CacheOutput {
  const start = latin1(readAt(0, 16));
  if (start.startsWith('!<arch>\n')) {
    const archive = readGoArchive(readAt, size);
    if (archive === undefined) return { kind: 'other' };
    const madeBy = actionOfBuildId(archive.buildId, 'archive');
    return { kind: 'archive', archive, ...(madeBy === undefined ? {} : { madeBy }) };
  }
  if (start.startsWith('go index v')) return { kind: 'index' };
  if (start.startsWith('# test log\n')) return { kind: 'testlog' };
  if (!programs.test(start)) return { kind: 'other' };
  const madeBy = actionOfBuildId(programBuildId(latin1(readAt(0, headBytes))) ?? '', 'executable');
  return { kind: 'executable', ...(madeBy === undefined ? {} : { madeBy }) };
}
