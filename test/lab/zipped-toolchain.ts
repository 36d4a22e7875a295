/**
 * A tiny Go release as the module cache has it, the zip of `golang.org/toolchain@…`, for tests that lay one
 * out.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toolchainDigestText } from '../../src/go/toolchain-files.ts';
import { makeZip } from './make-zip.ts';

/** The module, its version, and its files by their names in the zip. */
export const zippedToolchain = {
  module: 'golang.org/toolchain',
  version: 'v0.0.1-go1.99.0.linux-amd64',
  files: {
    'bin/go': '#!/bin/true\n',
    'src/_go.mod': 'module std\n',
    'src/a/a.go': 'package a\n',
    VERSION: 'go1.99.0\n',
  } as Readonly<Record<string, string>>,
};

const hex = (text: string) => createHash('sha256').update(text).digest('hex');

/** The entry `toolchain.digest` of this release. */
export const toolchainDigest = `sha256:${hex(
  toolchainDigestText(
    Object.entries(zippedToolchain.files).map(([name, text]) => ({ name, sha256: hex(text) })),
  ),
)}`;

/** Writes the zip into a module cache; returns its path. */
export function writeZippedToolchain(cache: string): string {
  const { module, version, files } = zippedToolchain;
  const zip = join(cache, `cache/download/${module}/@v/${version}.zip`);
  mkdirSync(dirname(zip), { recursive: true });
  const named = Object.entries(files).map(([name, text]) => ({ name: `${module}@${version}/${name}`, text }));
  writeFileSync(zip, makeZip(named));
  return zip;
}
