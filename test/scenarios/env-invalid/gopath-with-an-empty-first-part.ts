import { appOfModules, download } from '../modules.ts';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'export GOPATH=$GOPATH:… of an unset GOPATH: there is no module cache',
  on: ['1.21.13', '1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => {
    site.env.GOPATH = `:${site.home}/work`;
  },
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /module cache not found: neither GOMODCACHE nor GOPATH is set/,
  },
  finds: [{ rule: 'env-invalid', key: 'env.GOPATH', level: 'major' }],
  repair: unsets('GOPATH'),
};
