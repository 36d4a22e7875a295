import { join } from 'node:path';
import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, put } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOCACHEPROG in GOENV names a file that nobody may run',
  on: ['1.27.4'],
  drift: (site) => {
    put(join(site.home, 'bin/cacheprog'), '#!/bin/sh\n');
    goenv(`GOCACHEPROG=${join(site.home, 'bin/cacheprog')}\n`)(site);
  },
  go: { run: 'go build ./...', exit: 1, says: /error starting GOCACHEPROG program .*permission denied/ },
  finds: [{ rule: 'goenv-invalid', key: 'env.GOCACHEPROG' }],
  repair: removesLine(1, 'GOCACHEPROG'),
};
