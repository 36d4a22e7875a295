import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, needModule } from '../site.ts';

export const scenario: Scenario = {
  title: 'a relative GOMODCACHE and a module that is needed',
  on: ['1.26.0'],
  world: (site) => {
    needModule(site, 'example.com/thing');
    site.env.GONOSUMDB = 'example.com';
  },
  drift: goenv('GOMODCACHE=mod\n'),
  go: { run: 'go mod download', exit: 1, says: /GOMODCACHE entry is relative/ },
  finds: [{ rule: 'goenv-invalid' }],
  repair: removesLine(1, 'GOMODCACHE'),
  // The proxy has no archive of it.
  healed: { exit: 1, says: /v1\.0\.0\.zip: no such file/ },
};
