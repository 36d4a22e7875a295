import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Harmless = {
  title: 'the go that answers is found by a relative directory on PATH',
  on: ['1.27.4'],
  world: (site) => {
    mkdirSync(join(site.workspace, 'bin'));
    symlinkSync(sdk('1.27.4').go, join(site.workspace, 'bin/go'));
    site.env.PATH = 'bin:/usr/bin:/bin';
  },
};
