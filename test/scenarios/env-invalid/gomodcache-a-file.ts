import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOMODCACHE names a file',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => {
    put(join(site.home, 'mod.tar'), '');
    sets({ GOMODCACHE: join(site.home, 'mod.tar') })(site);
  },
  go: { run: 'go build ./...', exit: 1, says: /not a directory/ },
  finds: [{ rule: 'env-invalid', key: 'env.GOMODCACHE' }],
  repair: unsets('GOMODCACHE'),
};
