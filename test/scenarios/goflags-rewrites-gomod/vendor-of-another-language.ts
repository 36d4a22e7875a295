import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: '-mod=mod because of a vendor/ of PHP: no command takes the flag away while builds live by it',
  on: ['1.21.13', '1.27.4'],
  needs: 'modules',
  files: { ...appOfModules },
  world: (site) => download(site),
  drift: (site) => {
    site.env.GOFLAGS = '-mod=mod';
    site.write('vendor/acme/a.php', '<?php\n');
  },
  go: { run: 'go build ./... && ! GOFLAGS= go build ./...', says: /inconsistent vendoring/ },
  healed: { exit: 1 },
  finds: [{ rule: 'goflags-rewrites-gomod' }],
  repair: byHand(
    /^unset GOFLAGS \(by hand: without -mod=mod builds fail: go takes vendor\/ then, which is not a Go vendor directory/,
    (site) => {
      rmSync(join(site.workspace, 'vendor'), { recursive: true });
      site.env.GOFLAGS = undefined;
    },
  ),
};
