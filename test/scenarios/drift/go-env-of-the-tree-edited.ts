import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'somebody wrote settings into go.env of the tree',
  on: ['1.27.4', '1.21.13'],
  clone: { at: 'sdk/go' },
  baseline: 'committed',
  drift: (site) => {
    const file = join(site.goroot, 'go.env');
    const shipped = readFileSync(file, 'utf8');
    unlinkSync(file);
    put(file, `CGO_ENABLED=0\n${shipped}`);
  },
  go: { run: 'go env CGO_ENABLED', says: /^0$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.CGO_ENABLED' }],
  repair: byHand(/^restore CGO_ENABLED in (\S+go\.env) as the Go release has it/, (_, [, file = '']) =>
    withoutLine(file, 1),
  ),
  healed: { says: /^1$/ },
};
