import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'an edited VERSION',
  on: ['1.26.0'],
  clone: { at: 'sdk/own' },
  drift: (site) => {
    unlinkSync(join(site.goroot, 'VERSION'));
    put(join(site.goroot, 'VERSION'), 'go1.26.99\ntime 2026-01-01T00:00:00Z\n');
  },
  go: { run: 'go version', says: /go1\.26\.0 / },
  finds: [{ rule: 'goroot-label' }],
  repair: byHand(/write (go1\.26\.0) into line 1 of (\S+),/, (_, [, label, file = '']) =>
    put(file, `${label}\n${readFileSync(file, 'utf8').split('\n').slice(1).join('\n')}`),
  ),
};
