import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'a relative GOTMPDIR',
  on: ['1.26.0'],
  world: (site) => {
    mkdirSync(join(site.workspace, 'tmp'));
    site.env.GOTMPDIR = 'tmp';
  },
};
