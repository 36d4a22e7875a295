import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'go.mod is gone, and that of the directory above takes over',
  on: ['1.26.0'],
  world: (site) => put(join(dirname(site.workspace), 'go.mod'), 'module example.com/above\n\ngo 1.21\n'),
  baseline: 'accepted',
  drift: (site) => rmSync(join(site.workspace, 'go.mod')),
  go: { run: 'go list .', says: /^example\.com\/above\// },
  finds: [
    {
      kind: 'drift',
      rule: 'changed',
      level: 'major',
      key: 'modules.main_module',
      says: /is example\.com\/above/,
    },
  ],
  repair: rollsBack(/write the approved content/),
};
