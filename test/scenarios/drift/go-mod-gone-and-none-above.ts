import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'go.mod is gone, there is none above, and the baseline is committed',
  on: ['1.26.0'],
  baseline: 'committed',
  drift: (site) => rmSync(join(site.workspace, 'go.mod')),
  go: { run: 'go list .', exit: 1, says: /go.mod file not found|cannot find main module/ },
  finds: [
    {
      kind: 'drift',
      rule: 'removed',
      level: 'major',
      key: 'modules.main_module',
    },
  ],
  repair: byHand(/^restore the go\.mod of (\S+) from version control/, (_, [, where = '']) =>
    put(join(where, 'go.mod'), 'module example.com/app\n\ngo 1.21\n'),
  ),
};
