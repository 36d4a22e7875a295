import { symlinkSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'the tree of the go has no src',
  on: ['1.26.0'],
  clone: { at: 'sdk/broken' },
  drift: (site) => unlinkSync(join(site.goroot, 'src')),
  go: { run: 'go list fmt', exit: 1, says: /not in std|cannot find|no such file/ },
  finds: [{ rule: 'goroot-not-sdk' }],
  repair: byHand(/unpack go1\.26\.0 again/, (site) =>
    symlinkSync(join(sdk('1.26.0').goroot, 'src'), join(site.goroot, 'src')),
  ),
};
