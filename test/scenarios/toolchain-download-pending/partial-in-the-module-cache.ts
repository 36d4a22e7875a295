import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, cacheToolchain, gomod, put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'the wanted toolchain in the module cache is marked as half unpacked',
  on: ['1.26.0'],
  files: gomod('go 1.27.0'),
  world: (site) => {
    cacheToolchain(site, '1.27.0');
    mkdirSync(join(site.home, 'proxy'));
    sets({ GOPROXY: `file://${join(site.home, 'proxy')}`, GOSUMDB: 'off' })(site);
  },
  drift: (site) =>
    put(
      join(
        site.home,
        'go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.0.linux-amd64.partial',
      ),
      '',
    ),
  go: { run: 'go version', exit: 1, says: /downloading go1\.27\.0/ },
  finds: [{ rule: 'toolchain-download-pending' }],
  beside: ['sumdb-disabled'],
  repair: byHand(/^put (go1\.27\.0) first on PATH$/, (site) => site.first(bin('1.27.0'))),
};
