import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Harmless = {
  title: 'the same version of Go at another place',
  on: ['1.26.0'],
  change: (site) => {
    const tree = join(site.home, 'lib/go');
    mkdirSync(join(tree, 'bin'), { recursive: true });
    for (const name of ['go', 'gofmt']) copyFileSync(join(bin('1.26.0'), name), join(tree, 'bin', name));
    for (const name of ['src', 'pkg', 'lib', 'VERSION', 'go.env'])
      symlinkSync(join(site.goroot, name), join(tree, name));
    site.env.PATH = `${join(tree, 'bin')}:/usr/bin:/bin`;
  },
};
