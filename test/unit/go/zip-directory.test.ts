/** The directory of a module zip: its files, and the damage that is refused. */
import { describe, expect, it } from 'vitest';
import { unpackedMembers } from '../../../src/go/unpacked.ts';
import {
  namesBelow,
  type ZipFile,
  ZipProblem,
  zipFilesOf,
  zipIndexOf,
} from '../../../src/go/zip-directory.ts';
import { unpack } from '../../../src/host/zip.ts';
import { makeZip, type Zipped } from '../../lab/make-zip.ts';

const prefix = 'example.com/a@v1.0.0/';
const files: readonly Zipped[] = [
  { name: `${prefix}go.mod`, text: 'module example.com/a\n' },
  { name: `${prefix}x/y/y.go`, text: 'package y\n'.repeat(100) },
  { name: `${prefix}x/empty`, text: '', stored: true },
];

function listed(zip: Buffer): readonly ZipFile[] {
  const index = zipIndexOf(zip.subarray(Math.max(0, zip.length - 70_000)), zip.length);
  return zipFilesOf(zip.subarray(index.start, index.start + index.bytes), index);
}

/** Returns the text of one file in a zip of makeZip, whose local headers have no extra field. */
const textOf = async (zip: Buffer, file: ZipFile) => {
  const start = file.header + 30 + Buffer.byteLength(file.name);
  return (await unpack(zip.subarray(start, start + file.packed), file))?.toString();
};

describe('the files of a zip', () => {
  it('have the names and bytes that went in', async () => {
    const zip = makeZip(files);
    const names = namesBelow(listed(zip), prefix);
    expect([...names.keys()]).toEqual(['go.mod', 'x/y/y.go', 'x/empty']);
    const texts = await Promise.all([...names.values()].map((file) => textOf(zip, file)));
    expect(texts).toEqual(files.map(({ text }) => text));
  });

  it('are refused if a name is unsafe, duplicate or outside of the prefix', () => {
    const names = ['../b', 'a/../../b', '/etc/passwd', 'a//b', './a', 'a\\b', 'a\nb', ''];
    for (const name of names.slice(0, -1))
      expect(
        () => namesBelow(listed(makeZip([{ name: `${prefix}${name}`, text: '' }])), prefix),
        name,
      ).toThrow(ZipProblem);
    const two = (one: string, other: string) =>
      namesBelow(listed(makeZip([one, other].map((name) => ({ name: prefix + name, text: '' })))), prefix);
    expect(() => two('a', 'a')).toThrow('twice');
    expect(() => two('a', 'a/b')).toThrow('a file and a folder');
    expect(() => namesBelow(listed(makeZip([{ name: 'other@v1.0.0/a', text: '' }])), prefix)).toThrow(
      'not below',
    );
    expect(namesBelow(listed(makeZip([{ name: `${prefix}folder/`, text: '' }])), prefix).size).toBe(0);
  });

  it('are refused if go cannot read their packing', () => {
    const one = { name: `${prefix}a`, text: 'a' };
    expect(() => listed(makeZip([{ ...one, flags: 1 }]))).toThrow('encrypted');
    expect(() => listed(makeZip([{ ...one, method: 12 }]))).toThrow('method 12');
    expect(() => listed(makeZip([{ ...one, size: 0xffffffff }]))).toThrow('ZIP64');
    expect(() => listed(makeZip([{ ...one, size: 600 * 1024 * 1024 }]))).toThrow('more than');
    expect(() => listed(Buffer.from('nothing'))).toThrow('no zip');
  });

  it('are not unpacked if their size or CRC differs from the directory', async () => {
    for (const wrong of [{ size: 3 }, { size: 5000 }, { crc: 1 }]) {
      const zip = makeZip([{ name: `${prefix}a`, text: 'a'.repeat(1000), ...wrong }]);
      const [file] = listed(zip);
      expect(await textOf(zip, file as ZipFile)).toBeUndefined();
    }
  });

  it('cause no error but ZipProblem, whichever byte is damaged', () => {
    const zip = makeZip(files);
    for (let at = 0; at < zip.length; at++) {
      for (const value of [0, 0xff]) {
        const broken = Buffer.from(zip);
        broken[at] = value;
        try {
          namesBelow(listed(broken), prefix);
        } catch (error) {
          expect(error).toBeInstanceOf(ZipProblem);
        }
      }
    }
  });
});

describe('an unpacked tree', () => {
  it('has the modes of a module, a toolchain or an SDK, and go.mod files for _go.mod', () => {
    expect(unpackedMembers('module', ['go.mod', 'bin/tool', 'x/_go.mod'], 0o555)).toEqual([
      { name: '', kind: 'directory', mode: 0o555 },
      { name: 'bin', kind: 'directory', mode: 0o555 },
      { name: 'x', kind: 'directory', mode: 0o555 },
      { name: 'go.mod', kind: 'file', mode: 0o444, from: 'go.mod' },
      { name: 'bin/tool', kind: 'file', mode: 0o444, from: 'bin/tool' },
      { name: 'x/_go.mod', kind: 'file', mode: 0o444, from: 'x/_go.mod' },
    ]);
    const tree = unpackedMembers('toolchain', ['bin/go', 'src/_go.mod', 'lib/wasm/go_js_wasm_exec'], 0o755);
    expect(tree.filter(({ kind }) => kind === 'file')).toEqual([
      { name: 'bin/go', kind: 'file', mode: 0o555, from: 'bin/go' },
      { name: 'src/_go.mod', kind: 'file', mode: 0o444, from: 'src/_go.mod' },
      { name: 'lib/wasm/go_js_wasm_exec', kind: 'file', mode: 0o555, from: 'lib/wasm/go_js_wasm_exec' },
      { name: 'src/go.mod', kind: 'file', mode: 0o444, from: 'src/_go.mod' },
    ]);
    // The layout of golang.org/dl.
    const sdk = unpackedMembers('sdk', ['bin/go', 'src/_go.mod', 'VERSION'], 0o755);
    const modes = Object.fromEntries(sdk.map(({ name, mode }) => [name, mode.toString(8)]));
    expect(modes).toEqual({
      '': '755',
      bin: '755',
      src: '755',
      'bin/go': '755',
      'src/go.mod': '644',
      VERSION: '644',
      '.unpacked-success': '644',
    });
  });
});
