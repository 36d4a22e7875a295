import { copyFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeProxy } from '../../lab/module-proxy.ts';
import { depModules, requiresBoth, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { nobody, sdk, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a copy of the tree without go.env, in which GOSUMDB has its value',
  on: ['1.27.4', '1.21.13'],
  clone: { at: 'sdk/go' },
  files: { 'go.mod': requiring(...requiresBoth) },
  world: (site) => {
    writeProxy(join(site.home, 'proxy'), depModules);
    // Nothing of it reaches the network.
    sets({ GOPROXY: `file://${join(site.home, 'proxy')}`, HTTPS_PROXY: nobody })(site);
  },
  drift: (site) => unlinkSync(join(site.goroot, 'go.env')),
  go: { run: 'go mod download', exit: 1, says: /missing GOSUMDB/ },
  finds: [{ rule: 'env-invalid', level: 'minor', key: 'env.GOSUMDB' }],
  repair: byHand(/^restore (\S+go\.env) from the Go release$/, (site, [, file = '']) =>
    copyFileSync(join(sdk(site.version).goroot, 'go.env'), file),
  ),
  healed: { exit: 1, says: /connection refused/ },
};
