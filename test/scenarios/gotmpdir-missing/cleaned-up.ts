import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'GOTMPDIR that was cleaned up',
  on: ['1.21.13'],
  world: (site) => {
    mkdirSync(join(site.home, 'tmp'));
    site.env.GOTMPDIR = join(site.home, 'tmp');
  },
  drift: (site) => rmSync(join(site.home, 'tmp'), { recursive: true }),
  go: { run: 'go build ./...', exit: 1, says: /creating work dir/ },
  finds: [{ rule: 'gotmpdir-missing' }],
  repair: inShell(/^(mkdir -p [^,]*\/tmp)/),
};
