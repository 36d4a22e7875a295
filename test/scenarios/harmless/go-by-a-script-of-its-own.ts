import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put, sdk } from '../site.ts';

export const scenario: Harmless = {
  title: 'a script that finds its go by itself: which one cannot be told, and nothing fails',
  on: ['1.26.0'],
  change: (site) => {
    const go = sdk('1.26.0').go;
    put(join(site.home, 'wrap/go'), `#!/bin/sh\nif [ -x "${go}" ]; then exec "${go}" "$@"; fi\n`, 0o755);
    site.first(join(site.home, 'wrap'));
  },
};
