import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put, sdk } from '../site.ts';

export const scenario: Harmless = {
  title: 'a wrapper that starts the same go takes its place',
  source: 'cashapp/hermit',
  on: ['1.26.0'],
  change: (site) => {
    const go = sdk('1.26.0').go;
    put(join(site.home, 'wrap/go'), `#!/bin/sh\n# Made by hand.\nset -e\nexec "${go}" "$@"\n`, 0o755);
    site.first(join(site.home, 'wrap'));
  },
};
