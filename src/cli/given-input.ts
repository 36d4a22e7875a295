/**
 * Input that a command line names: a regular file, `-` for standard input, or a descriptor that the shell handed over, as bash does for
 * `godrift diff old.snapshot <(ssh builder godrift snapshot)`. Every other pipe and device stays unopened: it could block for ever.
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { readDescriptor } from '../host/descriptor-input.ts';
import { isSystemError } from '../host/errors.ts';
import { readFile, textLimitBytes } from '../host/files.ts';
import { descriptorOf } from '../host/output.ts';
import { systemReason } from '../store/state-directory.ts';
import type { Terminal } from './terminal.ts';

async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array | undefined> {
  const all: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > textLimitBytes) return undefined;
    all.push(chunk);
  }
  return Buffer.concat(all);
}

async function* nothing(): AsyncIterable<Uint8Array> {}

/** Reads the named input, at most 64 MiB. Throws AppError, with `todo` as what to do. */
export async function readInput(terminal: Terminal, name: string, todo: string): Promise<Uint8Array> {
  const cannotRead = (why: string) =>
    new AppError(`cannot read ${name === '-' ? 'standard input' : visible(name)}`, why, todo);
  const isStandardInput = name === '-' || name === '/dev/stdin';
  const descriptor = isStandardInput ? 0 : descriptorOf(name);
  if (descriptor === undefined) {
    const read = readFile({ root: '/', path: path.resolve(terminal.cwd, name) }, textLimitBytes);
    if (read.ok) return read.bytes;
    throw cannotRead(read.why);
  }
  try {
    const chunks = isStandardInput ? (terminal.stdin?.() ?? nothing()) : readDescriptor(descriptor);
    const bytes = await readAll(chunks);
    if (bytes !== undefined) return bytes;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw cannotRead(systemReason(error));
  }
  throw cannotRead(`it is larger than ${textLimitBytes} bytes`);
}
