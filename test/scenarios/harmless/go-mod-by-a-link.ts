import { renameSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'go.mod is a link to a file of the same content',
  on: ['1.27.4'],
  change: (site) => {
    renameSync(join(site.workspace, 'go.mod'), join(site.home, 'shared.mod'));
    symlinkSync(join(site.home, 'shared.mod'), join(site.workspace, 'go.mod'));
  },
};
