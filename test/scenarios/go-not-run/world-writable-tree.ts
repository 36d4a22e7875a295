import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'everybody may write into the tree of the go that builds',
  on: ['1.27.4'],
  clone: { at: 'sdk/go', own: ['bin'] },
  drift: (site) => chmodSync(join(site.goroot, 'bin'), 0o777),
  go: { run: 'go version' },
  finds: [{ rule: 'go-not-run', level: 'patch', says: /bin can be written by everybody/ }],
  repair: byHand(/directories that nobody else can write/, (site) =>
    chmodSync(join(site.goroot, 'bin'), 0o755),
  ),
};
