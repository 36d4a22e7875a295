import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'CC of the process changes',
  on: ['1.27.4'],
  baseline: 'accepted',
  drift: (site) => {
    symlinkSync('/usr/bin/gcc', join(site.home, 'other-cc'));
    site.env.CC = join(site.home, 'other-cc');
  },
  go: { run: 'go env CC', says: /other-cc$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.CC' }],
  repair: inShell(/^(unset CC) \(or/),
  healed: { says: /gcc$/ },
};
