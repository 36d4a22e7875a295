import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'files with a new time, as after a checkout',
  on: ['1.26.0'],
  change: (site) => {
    for (const file of ['go.mod', 'app.go']) utimesSync(join(site.workspace, file), new Date(), new Date());
  },
};
