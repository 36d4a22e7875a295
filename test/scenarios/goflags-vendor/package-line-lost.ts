import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a modules.txt that lost its last line: all modules are there, a package is not',
  on: ['1.27.4'],
  needs: 'modules',
  files: { ...appOfModules, 'go.mod': appOfModules['go.mod'].replace('go 1.21', 'go 1.23') },
  world: async (site) => {
    await download(site);
    await site.shell('go mod vendor');
  },
  drift: (site) => {
    const file = join(site.workspace, 'vendor/modules.txt');
    put(file, readFileSync(file, 'utf8').replace(/.*\n$/, ''));
  },
  go: { run: 'go build ./...', exit: 1, says: /cannot find module providing package/ },
  finds: [{ rule: 'goflags-vendor', says: /does not list example\.com\/b/ }],
  repair: byHand(/GOFLAGS=(-mod=readonly)/, (site, [, flags]) => sets({ GOFLAGS: flags as string })(site)),
};
