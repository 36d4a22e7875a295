import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a line in .bashrc exports GOAMD64',
  on: ['1.27.4'],
  baseline: 'accepted',
  drift: async (site) => {
    put(join(site.home, '.bashrc'), 'export GOAMD64=v3\n');
    const { text } = await site.shell('bash -ic "echo \\$GOAMD64" 2>/dev/null');
    site.env.GOAMD64 = text;
  },
  go: { run: 'go env GOAMD64', says: /^v3$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOAMD64' }],
  repair: inShell(/^(unset GOAMD64) \(or/),
  healed: { says: /^v1$/ },
};
