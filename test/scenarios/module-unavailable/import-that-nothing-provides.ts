import { appOfModules, download, requiresBoth, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'the requirements of go.mod lost in a merge, although their modules are in the cache',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => site.write('go.mod', requiring()),
  go: { run: 'go build ./...', exit: 1, says: /no required module provides package example\.com\/a/ },
  finds: [
    {
      rule: 'module-unavailable',
      key: 'modules.example.com/a',
      says: /example\.com\/app, which imports example\.com\/a: go\.mod requires no module/,
    },
  ],
  repair: byHand(/^restore the line of go\.mod/, (site) => site.write('go.mod', requiring(...requiresBoth))),
};
