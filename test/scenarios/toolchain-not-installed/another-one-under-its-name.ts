import { symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, gomod, linkOnPath, sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'go1.27.0 on PATH is a link to another version',
  on: ['1.26.0'],
  world: (site) => linkOnPath(site, '1.27.0'),
  files: gomod('go 1.27.0'),
  drift: (site) => {
    unlinkSync(join(site.home, 'bin/go1.27.0'));
    symlinkSync(sdk('1.24.13').go, join(site.home, 'bin/go1.27.0'));
  },
  go: { run: 'go version', exit: 1, says: /toolchain go1\.24\.13 invoked to provide go1\.27\.0/ },
  finds: [{ rule: 'toolchain-not-installed' }],
  repair: byHand(/^put (go1\.27\.0) first on PATH/, (site) => site.first(bin('1.27.0'))),
};
