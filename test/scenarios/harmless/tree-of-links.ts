import { copyFileSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Harmless = {
  title: "a distribution's tree of links",
  on: ['1.26.0'],
  world: (site) => {
    const tree = join(site.home, 'lib/go-1.26');
    mkdirSync(join(tree, 'bin'), { recursive: true });
    copyFileSync(sdk('1.26.0').go, join(tree, 'bin/go'));
    for (const name of ['src', 'pkg', 'VERSION', 'go.env'])
      symlinkSync(join(site.goroot, name), join(tree, name));
    mkdirSync(join(site.home, 'bin'));
    symlinkSync('../lib/go-1.26/bin/go', join(site.home, 'bin/go'));
    site.env.PATH = `${join(site.home, 'bin')}:/usr/bin:/bin`;
  },
};
