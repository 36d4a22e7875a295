import { download, programOfModules } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a file of the vendor directory was edited: go never looks',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: programOfModules,
  baseline: 'accepted',
  world: async (site) => {
    await download(site);
    await site.shell('go mod vendor');
  },
  drift: (site) => site.write('vendor/example.com/b/a.go', 'package b\n\nconst V = "evil!!"\n'),
  go: { run: 'go run .', says: /^evil!!$/ },
  finds: [{ kind: 'drift', rule: 'changed', level: 'major', key: 'modules.vendor' }],
  repair: byHand(/./, async (site) => {
    await site.shell('go mod vendor');
  }),
  healed: { says: /^v1\.0\.0$/ },
};
