import { appOfModules, download } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOFLAGS=-mod=vendor left behind, no vendor directory',
  on: ['1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: sets({ GOFLAGS: '-mod=vendor' }),
  go: { run: 'go build ./...', exit: 1, says: /inconsistent vendoring/ },
  finds: [{ rule: 'goflags-vendor' }],
  repair: inShell(/^(unset GOFLAGS)$/),
  source: 'golang/go#45811',
};
