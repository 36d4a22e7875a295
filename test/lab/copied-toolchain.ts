/**
 * Copies a toolchain to where every user may read it: the cached ones are in the home of the user who runs
 * the tests.
 */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Toolchain } from './toolchains.ts';

/** Copies the files of a toolchain that godrift reads; returns the path of its go command. */
export function copyToolchain({ goroot }: Toolchain, to: string): string {
  for (const name of ['bin/go', 'VERSION', 'go.env']) {
    mkdirSync(join(to, name, '..'), { recursive: true });
    copyFileSync(join(goroot, name), join(to, name));
  }
  mkdirSync(join(to, 'pkg/tool'), { recursive: true });
  chmodSync(join(to, 'bin/go'), 0o755);
  return join(to, 'bin/go');
}
