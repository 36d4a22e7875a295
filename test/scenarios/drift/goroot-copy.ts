import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOROOT leads to a copy of the same version: go builds with it and says nothing',
  on: ['1.26.0'],
  baseline: 'accepted',
  drift: (site) => {
    symlinkSync(sdk('1.26.0').goroot, join(site.home, 'tree'));
    mkdirSync(join(site.home, 'copy'));
    for (const name of readdirSync(sdk('1.26.0').goroot))
      symlinkSync(join(sdk('1.26.0').goroot, name), join(site.home, 'copy', name));
    site.env.GOROOT = join(site.home, 'copy');
  },
  go: { run: 'go env GOROOT && go build ./...', says: /copy$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOROOT' }],
  repair: inShell(/^(unset GOROOT) \(or/),
  healed: { says: /toolchain@v0\.0\.1-go1\.26\.0/ },
};
