/** A toolchain where every user of the machine may go: those of the cache lie in the home of whoever runs the tests. */
import { chmodSync, copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Toolchain } from './toolchains.ts';

/** Copies as much of a toolchain as is read of one; answers its go. */
export function copyToolchain({ goroot }: Toolchain, to: string): string {
  for (const name of ['bin/go', 'VERSION', 'go.env']) {
    mkdirSync(join(to, name, '..'), { recursive: true });
    copyFileSync(join(goroot, name), join(to, name));
  }
  mkdirSync(join(to, 'pkg/tool'), { recursive: true });
  chmodSync(join(to, 'bin/go'), 0o755);
  return join(to, 'bin/go');
}
