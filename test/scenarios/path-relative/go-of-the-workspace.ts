import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, sdk } from '../site.ts';

const before = `${bin('1.27.4')}:/usr/bin:/bin`;

export const scenario: Scenario = {
  title: 'a relative entry of PATH brings the go of the workspace into force',
  on: ['1.27.4'],
  drift: (site) => {
    site.write('bin/.keep', '');
    cpSync(sdk('1.26.0').go, join(site.workspace, 'bin/go'));
    site.env.PATH = `bin:${before}`;
    // The copy lies in no tree; it is told where its own is.
    site.env.GOROOT = sdk('1.26.0').goroot;
  },
  go: { run: 'go version', says: /go1\.26\.0 / },
  finds: [
    { rule: 'path-relative', level: 'minor', key: 'env.PATH', says: /starts \S+\/bin\/go as go/ },
    { rule: 'gofmt-mismatch' },
  ],
  repair: byHand(/take the relative entries and needless colons off PATH/, (site) => {
    site.env.PATH = before;
    delete site.env.GOROOT;
  }),
  healed: { says: /go1\.27\.4 / },
};
