import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title: 'the same workspace by a link',
  on: ['1.27.4'],
  world: (site) => {
    symlinkSync(site.workspace, join(site.home, 'src/link'));
  },
  go: { run: 'cd ../link && go build ./...' },
};
