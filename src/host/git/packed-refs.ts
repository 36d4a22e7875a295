/**
 * Reads packed-refs, the refs without a file of their own (git-pack-refs(1)). There may be 100,000, so only
 * matching lines are parsed.
 */
import path from 'node:path';
import { readSmallSync } from '../tree.ts';
import { type Repository, textOf } from './repository.ts';

const packedRefsLimit = 64 * 1024 * 1024;
const fileOf = ({ common }: Repository) => path.join(common, 'packed-refs');

/** A line of packed-refs: a ref, its object, and for an annotated tag the object that it points to. */
export interface PackedRef {
  readonly ref: string;
  readonly object: string;
  readonly leadsTo?: string;
}

const longestObjectName = 64;
const objectName = /^[0-9a-f]{40,64}$/;

/** Returns the refs that begin with a prefix. */
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
    // A line has one ref, and a damaged line may be megabytes long.
    end = lineEnd(at);
    // Look back no further than the length of an object name.
    const before = text.slice(Math.max(0, at - longestObjectName - 1), at);
    const object = before.slice(before.lastIndexOf('\n') + 1);
    if (!objectName.test(object)) continue;
    const leadsTo = text[end + 1] === '^' ? { leadsTo: text.slice(end + 2, lineEnd(end + 1)) } : {};
    found.push({ ref: text.slice(at + 1, end), object, ...leadsTo });
  }
  return found;
}

/** The refs to one object. */
export interface PackedRefsTo {
  /**
   * Whether the file records the target of every annotated tag, as git does; other writers (go-git) do not.
   */
  readonly peeled: boolean;
  /**
   * Refs with the prefix that name the object, or an annotated tag of it as far as the file says. Found
   * lazily.
   */
  readonly refs: Iterable<string>;
}

const newline = 0x0a;
const caret = 0x5e;
const space = 0x20;

/** Looks up an object in packed-refs; only lines with its name are parsed. */
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
      // The target of a tag is in the line after the tag's own.
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
