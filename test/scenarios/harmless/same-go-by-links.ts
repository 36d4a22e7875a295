import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Harmless = {
  title: 'the same go several times on PATH, by links',
  on: ['1.26.0'],
  world: (site) => {
    mkdirSync(join(site.home, 'bin'));
    symlinkSync(sdk('1.26.0').go, join(site.home, 'bin/go'));
    symlinkSync(site.goroot, join(site.home, 'current'));
    site.first(join(site.home, 'bin'), join(site.home, 'current/bin'));
  },
};
