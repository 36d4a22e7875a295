import { copyFileSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'a copy of bin/go alone',
  on: ['none'],
  drift: (site) => {
    mkdirSync(join(site.home, 'bin'));
    copyFileSync(sdk('1.26.0').go, join(site.home, 'bin/go'));
    site.first(join(site.home, 'bin'));
  },
  go: { run: 'go build ./...', exit: 2, says: /cannot find GOROOT directory/ },
  finds: [{ rule: 'goroot-not-sdk' }],
  repair: byHand(/a link to its bin\/go/, (site) => {
    unlinkSync(join(site.home, 'bin/go'));
    symlinkSync(sdk('1.26.0').go, join(site.home, 'bin/go'));
  }),
};
