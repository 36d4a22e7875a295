/**
 * Writes test modules in the layout of a module proxy (https://go.dev/ref/mod#goproxy-protocol). With
 * `GOPROXY=file://…` and `GOSUMDB=off` go uses them without network. Their zips have stored entries only.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { hash1 } from '../../src/go/dirhash.ts';
import { escapeModule } from '../../src/go/module-path.ts';

export interface HandMade {
  readonly path: string;
  readonly version: string;
  /** The go line: `1.21` by default, none for `''`. */
  readonly go?: string;
  /** Requirements, each `path version`. */
  readonly requires?: readonly string[];
  /** Files other than go.mod; by default one file of a package named after the last path element. */
  readonly files?: Readonly<Record<string, string>>;
}

/** A module with two directories, for tests that inject every fault while it is unpacked. */
export const faultyModule: HandMade = {
  path: 'example.com/b',
  version: 'v1.0.0',
  files: { 'b.go': 'package b\n', 'c/c.go': 'package c\n' },
};

function goMod({ path, go = '1.21', requires = [] }: HandMade): string {
  return [
    `module ${path}`,
    ...(go === '' ? [] : [`go ${go}`]),
    ...requires.map((one) => `require ${one}`),
    '',
  ].join('\n');
}

/** Returns every file of a module, including go.mod. */
export function filesOf(module: HandMade): Readonly<Record<string, string>> {
  const name = module.path
    .replace(/\/v\d+$/, '')
    .replace(/^.*\//, '')
    .replaceAll(/[^a-z0-9]/g, '');
  return {
    'go.mod': goMod(module),
    ...(module.files ?? { 'a.go': `package ${name}\n\nconst V = "${module.version}"\n` }),
  };
}

const digest = {
  base64: (text: string) => createHash('sha256').update(text).digest('base64'),
};
const hex = (text: string) => createHash('sha256').update(text).digest('hex');

/** Returns the two go.sum lines of each module. */
export function sumLines(modules: readonly HandMade[]): string {
  return modules
    .flatMap((module) => {
      const prefix = `${module.path}@${module.version}`;
      const zip = new Map(
        Object.entries(filesOf(module)).map(([name, text]) => [`${prefix}/${name}`, hex(text)]),
      );
      const mod = new Map([['go.mod', hex(goMod(module))]]);
      return [
        `${module.path} ${module.version} ${hash1(zip, digest)}\n`,
        `${module.path} ${module.version}/go.mod ${hash1(mod, digest)}\n`,
      ];
    })
    .join('');
}

/**
 * Writes the proxy's files. `without` leaves out file types: without `zip` a module is listed but cannot be
 * downloaded.
 */
export function writeProxy(
  directory: string,
  modules: readonly HandMade[],
  without: readonly string[] = [],
): void {
  for (const module of modules) {
    const base = join(directory, escapeModule(module.path), '@v', escapeModule(module.version));
    mkdirSync(dirname(base), { recursive: true });
    const write = (end: string, data: string | Uint8Array) => {
      if (!without.includes(end)) writeFileSync(`${base}.${end}`, data);
    };
    write('info', JSON.stringify({ Version: module.version, Time: '2024-01-01T00:00:00Z' }));
    write('mod', goMod(module));
    write('zip', zipOf(module));
    // `go install path@version` reads the list for the newest go.mod, which may deprecate the module.
    const versions = modules.filter((one) => one.path === module.path).map((one) => one.version);
    writeFileSync(join(dirname(base), 'list'), `${versions.join('\n')}\n`);
  }
}

function zipOf(module: HandMade): Uint8Array {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  const entries = Object.entries(filesOf(module));
  for (const [file, text] of entries) {
    const name = Buffer.from(`${module.path}@${module.version}/${file}`);
    const data = Buffer.from(text);
    // Version needed, flags, method 0, time, date, then crc and sizes (APPNOTE.TXT 4.3.7).
    const head = Buffer.alloc(26);
    head.writeUInt16LE(20, 0);
    head.writeUInt16LE(0x21, 8);
    head.writeUInt32LE(crc32(data), 10);
    head.writeUInt32LE(data.length, 14);
    head.writeUInt32LE(data.length, 18);
    head.writeUInt16LE(name.length, 22);
    local.push(Buffer.from('PK\x03\x04'), head, name, data);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x00'), head, tail, name);
    offset += 4 + head.length + name.length + data.length;
  }
  const size = central.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(entries.length, 4);
  end.writeUInt16LE(entries.length, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, ...central, Buffer.from('PK\x05\x06'), end]);
}
