/** The refs of a repository that have no file of their own (git-pack-refs(1)): there may be 100,000 of them, so only the lines that are asked for are taken apart. */
import path from 'node:path';
import { readSmallSync } from '../tree.ts';
import { type Repository, textOf } from './repository.ts';

const packedRefsLimit = 64 * 1024 * 1024;
const fileOf = ({ common }: Repository) => path.join(common, 'packed-refs');

/** A line of packed-refs: a ref, its object, and what that leads to where it is a tag with a message of its own. */
export interface PackedRef {
  readonly ref: string;
  readonly object: string;
  readonly leadsTo?: string;
}

const longestObjectName = 64;
const objectName = /^[0-9a-f]{40,64}$/;

/** The refs whose names begin so. */
export function packedRefs(repository: Repository, beginning: string): readonly PackedRef[] {
  const text = textOf(fileOf(repository), packedRefsLimit) ?? '';
  const found: PackedRef[] = [];
  const lineEnd = (from: number) => {
    const end = text.indexOf('\n', from);
    return end === -1 ? text.length : end;
  };
  const mark = ` ${beginning}`;
  let end = 0;
  for (let at = text.indexOf(mark); at !== -1; at = text.indexOf(mark, end)) {
    // A line has one ref, and a damaged one may be of megabytes.
    end = lineEnd(at);
    // No further back than an object's name reaches.
    const before = text.slice(Math.max(0, at - longestObjectName - 1), at);
    const object = before.slice(before.lastIndexOf('\n') + 1);
    if (!objectName.test(object)) continue;
    const leadsTo = text[end + 1] === '^' ? { leadsTo: text.slice(end + 2, lineEnd(end + 1)) } : {};
    found.push({ ref: text.slice(at + 1, end), object, ...leadsTo });
  }
  return found;
}

/** A file of packed refs that is asked for one object. */
export interface PackedRefsTo {
  /** Whether the file says of each tag with a message of its own where it leads to, as git writes it; others that write it (go-git) do not. */
  readonly peeled: boolean;
  /** The refs whose names begin so and that are that object, or are a tag that leads to it as far as the file says; found one by one, as they are asked for. */
  readonly refs: Iterable<string>;
}

const newline = 0x0a;
const caret = 0x5e;
const space = 0x20;

/** Looks up an object in the packed refs; no other line of the file is taken apart. */
export function packedRefsTo(repository: Repository, beginning: string, object: string): PackedRefsTo {
  const bytes = readSmallSync(fileOf(repository), packedRefsLimit) ?? Buffer.alloc(0);
  const lineEnd = (from: number) => {
    const end = bytes.indexOf(newline, from);
    return end === -1 ? bytes.length : end;
  };
  function* refs(): Generator<string> {
    for (let at = bytes.indexOf(object); at !== -1; at = bytes.indexOf(object, at + object.length)) {
      const isPeeled = bytes[at - 1] === caret && bytes[at - 2] === newline;
      if (!isPeeled && at !== 0 && bytes[at - 1] !== newline) continue;
      // What a tag leads to stands in the line after its own.
      const line = isPeeled ? bytes.lastIndexOf(newline, at - 3) + 1 : at;
      const ref = line + object.length + 1;
      if (
        bytes[ref - 1] !== space ||
        !bytes.subarray(ref, ref + beginning.length).equals(Buffer.from(beginning))
      )
        continue;
      yield bytes.toString('utf8', ref, lineEnd(ref));
    }
  }
  const header = bytes.toString('latin1', 0, Math.min(lineEnd(0), 1024));
  return {
    peeled: /^# pack-refs with:.* (?:fully-)?peeled(?: |$)/.test(header) || bytes.length === 0,
    refs: { [Symbol.iterator]: refs },
  };
}
