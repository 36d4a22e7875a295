/**
 * Tools compared with the programs themselves: version lines of the compilers on this machine, and removed
 * GODEBUG settings of a real toolchain.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { compilerVersionLine } from '../../src/go/compiler-version.ts';
import { removedSettings } from '../../src/go/godebug-removed.ts';
import { gorootFiles, parseGodebugs } from '../../src/go/goroot-source.ts';
import { ensureToolchain, onPath } from '../lab/toolchains.ts';

const names = ['gcc', 'cc', 'g++', 'c++', 'gcc-12', 'x86_64-linux-gnu-gcc'];
const compilers = (await Promise.all(names.map(onPath))).filter((file) => file !== undefined);

describe.skipIf(compilers.length === 0)('the version line read from the binary', () => {
  it.each(compilers)('is the first line of %s --version', async (file) => {
    const { stdout } = await execa(file, ['--version'], { env: { LC_ALL: 'C' } });
    expect(compilerVersionLine(readFileSync(file), basename(file))).toBe(stdout.split('\n')[0]);
  });
});

it('the removed GODEBUG settings are those of go1.27.4', async () => {
  const { goroot } = await ensureToolchain('1.27.4');
  const text = readFileSync(join(goroot, gorootFiles.godebugs), 'utf8');
  expect(removedSettings).toEqual(parseGodebugs(text).removed);
});
