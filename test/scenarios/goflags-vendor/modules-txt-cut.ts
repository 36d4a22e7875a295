import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a modules.txt cut in two',
  on: ['1.26.0'],
  needs: 'modules',
  files: appOfModules,
  world: async (site) => {
    await download(site);
    await site.shell('go mod vendor');
  },
  drift: (site) => {
    const file = join(site.workspace, 'vendor/modules.txt');
    put(file, readFileSync(file, 'utf8').slice(0, 30));
  },
  go: { run: 'go build ./...', exit: 1, says: /inconsistent vendoring/ },
  finds: [{ rule: 'goflags-vendor' }],
  repair: byHand(/GOFLAGS=(-mod=readonly)/, (site, [, flags]) => sets({ GOFLAGS: flags as string })(site)),
};
