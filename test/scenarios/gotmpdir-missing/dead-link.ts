import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTMPDIR is a link to a disk that is not mounted: mkdir would not help',
  on: ['1.27.4'],
  drift: (site) => {
    symlinkSync('/mnt/fast/tmp', join(site.home, 'tmp'));
    sets({ GOTMPDIR: join(site.home, 'tmp') })(site);
  },
  go: { run: 'go build ./...', exit: 1, says: /creating work dir/ },
  finds: [{ rule: 'gotmpdir-missing' }],
  repair: unsets('GOTMPDIR'),
};
