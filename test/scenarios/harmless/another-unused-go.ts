import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { bin, sdk } from '../site.ts';

export const scenario: Harmless = {
  title: 'an older Go is installed behind the one that answers',
  on: ['1.27.4'],
  change: (site) => {
    mkdirSync(join(site.home, 'sdk'));
    symlinkSync(sdk('1.26.0').goroot, join(site.home, 'sdk/go1.26.0'));
    site.env.PATH = `${site.env.PATH}:${bin('1.24.13')}`;
  },
};
