/**
 * Reads single objects out of a pack (gitformat-pack(5)). The index, version 2, is searched in place; deltas
 * are resolved within limits.
 */

import { inflateSync } from 'node:zlib';
import { closeSync, fstatSync, readSync } from '../counted-fs.ts';
import { openRegular } from '../open.ts';
import { GitProblem } from './repository.ts';

export interface GitObject {
  readonly type: string;
  readonly data: Buffer;
}

/** Largest object that is read, in bytes: no commit, tree or snapshot comes near. */
export const objectLimit = 64 * 1024 * 1024;
/** Longest chain of deltas; git itself makes at most 4095 (pack.depth). */
const longestChain = 4096;
const types: Readonly<Record<number, string>> = { 1: 'commit', 2: 'tree', 3: 'blob', 4: 'tag' };
const offsetDelta = 6;
const nameDelta = 7;

const damaged = () => new GitProblem('a pack of the repository is damaged');

function bytesAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
}

function withFile<T>(file: string, work: (fd: number) => T): T {
  const { fd } = openRegular(file);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

/** Returns names with a hex prefix and their offsets in the pack; at most two, because two are ambiguous. */
export function findInIndex(
  file: string,
  prefix: string,
  hashBytes: number,
): readonly { readonly name: string; readonly offset: number }[] {
  return withFile(file, (fd) => {
    const head = bytesAt(fd, 0, 8 + 1024);
    if (head.length < 8 + 1024 || head.readUInt32BE(0) !== 0xff744f63 || head.readUInt32BE(4) !== 2)
      return [];
    const first = Number.parseInt(prefix.slice(0, 2), 16);
    const below = (byte: number) => (byte < 0 ? 0 : head.readUInt32BE(8 + byte * 4));
    const count = below(255);
    const nameAt = (index: number) => bytesAt(fd, 1032 + index * hashBytes, hashBytes).toString('hex');
    let [low, high] = [below(first - 1), below(first)];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (nameAt(middle) < prefix) low = middle + 1;
      else high = middle;
    }
    const found: { name: string; offset: number }[] = [];
    for (let index = low; index < Math.min(count, low + 2); index++) {
      const name = nameAt(index);
      if (!name.startsWith(prefix)) break;
      const offsets = 1032 + count * (hashBytes + 4);
      const small = bytesAt(fd, offsets + index * 4, 4).readUInt32BE(0);
      const large = small & 0x7fffffff;
      const offset =
        small < 0x80000000
          ? small
          : Number(bytesAt(fd, offsets + count * 4 + large * 8, 8).readBigUInt64BE(0));
      found.push({ name, offset });
    }
    return found;
  });
}

/** An entry of a pack: a whole object, or a delta and its base. */
interface Entry {
  readonly type: number;
  readonly data: Buffer;
  readonly baseOffset?: number;
  readonly baseName?: string;
}

function entryAt(fd: number, offset: number, hashBytes: number): Entry {
  const head = bytesAt(fd, offset, 64);
  let at = 0;
  const byte = () => {
    if (at >= head.length) throw damaged();
    return head[at++] as number;
  };
  let c = byte();
  const type = (c >> 4) & 7;
  let size = c & 15;
  for (let scale = 16; c & 0x80; scale *= 128) {
    c = byte();
    size += (c & 0x7f) * scale;
  }
  if (size > objectLimit) throw new GitProblem('a git object needed to read it is too large');
  let base: Pick<Entry, 'baseOffset' | 'baseName'> = {};
  if (type === offsetDelta) {
    c = byte();
    let distance = c & 0x7f;
    while (c & 0x80) {
      c = byte();
      distance = (distance + 1) * 128 + (c & 0x7f);
    }
    if (distance === 0 || distance > offset) throw damaged();
    base = { baseOffset: offset - distance };
  } else if (type === nameDelta) {
    base = { baseName: head.subarray(at, at + hashBytes).toString('hex') };
    at += hashBytes;
  }
  // Deflate enlarges incompressible data by a few bytes in 16 KiB.
  const room = Math.min(size + (size >> 6) + 256, fstatSync(fd).size - offset - at);
  const data = inflateSync(bytesAt(fd, offset + at, room), { maxOutputLength: size + 1 });
  if (data.length !== size) throw damaged();
  return { type, data, ...base };
}

/** Returns the object at an offset of a pack; `named` finds the base of a delta that refers to it by name. */
export function objectInPack(
  file: string,
  offset: number,
  hashBytes: number,
  named: (name: string) => GitObject,
): GitObject {
  return withFile(file, (fd) => {
    const deltas: Buffer[] = [];
    let entry = entryAt(fd, offset, hashBytes);
    while (entry.baseOffset !== undefined) {
      deltas.push(entry.data);
      if (deltas.length > longestChain) throw damaged();
      entry = entryAt(fd, entry.baseOffset, hashBytes);
    }
    if (entry.baseName !== undefined) deltas.push(entry.data);
    const base = entry.baseName === undefined ? undefined : named(entry.baseName);
    const type = base?.type ?? types[entry.type];
    if (type === undefined) throw damaged();
    let data = base?.data ?? entry.data;
    for (const delta of deltas.reverse()) data = applyDelta(data, delta);
    return { type, data };
  });
}

/** Applies a delta: a sequence of copies from the base and insertions ("Deltified representation"). */
function applyDelta(base: Buffer, delta: Buffer): Buffer {
  let at = 0;
  const byte = () => {
    if (at >= delta.length) throw damaged();
    return delta[at++] as number;
  };
  const size = () => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const c = byte();
      value += (c & 0x7f) * scale;
      if ((c & 0x80) === 0) return value;
    }
  };
  const baseSize = size();
  const resultSize = size();
  if (baseSize !== base.length || resultSize > objectLimit) throw damaged();
  const result = Buffer.alloc(resultSize);
  let filled = 0;
  while (at < delta.length) {
    const op = byte();
    let source = delta;
    let from = at;
    let length = op;
    if (op & 0x80) {
      source = base;
      from = 0;
      length = 0;
      for (let bit = 0; bit < 4; bit++) if (op & (1 << bit)) from += byte() * 2 ** (8 * bit);
      for (let bit = 0; bit < 3; bit++) if (op & (0x10 << bit)) length += byte() * 2 ** (8 * bit);
      if (length === 0) length = 0x10000;
    } else {
      at += length;
    }
    if (length === 0 || from + length > source.length || filled + length > resultSize) throw damaged();
    source.copy(result, filled, from, from + length);
    filled += length;
  }
  if (filled !== resultSize) throw damaged();
  return result;
}
