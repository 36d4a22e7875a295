import { join } from 'node:path';
import { writeProxy } from '../../lab/module-proxy.ts';
import { depModules, requiresBoth, requiring } from '../modules.ts';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { nobody, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOSUMDB names a database of a company and not its key',
  on: ['1.27.4', '1.21.13'],
  files: { 'go.mod': requiring(...requiresBoth) },
  world: (site) => {
    writeProxy(join(site.home, 'proxy'), depModules);
    // Nothing of it reaches the network.
    sets({ GOPROXY: `file://${join(site.home, 'proxy')}`, HTTPS_PROXY: nobody })(site);
  },
  drift: sets({ GOSUMDB: 'sum.example.org' }),
  go: { run: 'go mod download', exit: 1, says: /invalid GOSUMDB: malformed verifier id/ },
  finds: [{ rule: 'env-invalid', level: 'minor', key: 'env.GOSUMDB' }],
  repair: unsets('GOSUMDB'),
  healed: { exit: 1, says: /sum\.golang\.org\/.*connection refused/ },
};
