import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download, moduleCache } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'zips and hashes were removed from the module cache of an image, the unpacked modules were left',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => {
    for (const end of ['zip', 'ziphash'])
      rmSync(moduleCache(site, `cache/download/example.com/b/@v/v1.0.0.${end}`));
  },
  go: { run: 'go build ./...', exit: 1, says: /module lookup disabled by GOPROXY=off/ },
  finds: [{ rule: 'module-unavailable', says: /without its zip or a recorded hash/ }],
  repair: byHand(
    /unset GOPROXY where there is a network, and run (go mod download example\.com\/b@v1\.0\.0)/,
    async (site, [, command]) => {
      const said = await site.shell(`GOPROXY=file://${join(site.home, 'proxy')} GOSUMDB=off ${command}`);
      if (said.exitCode !== 0) throw new Error(said.text);
    },
  ),
};
