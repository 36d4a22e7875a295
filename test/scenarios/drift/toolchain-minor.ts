import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'the next Go arrives on PATH',
  on: ['1.26.0'],
  baseline: 'accepted',
  drift: (site) => site.first(bin('1.27.0')),
  go: { run: 'go version', says: /go1\.27\.0 / },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'toolchain.version' }],
  repair: byHand(/^put go1\.26\.0 first on PATH \(found: ([^)]+)\)/, (site, [, directory = '']) =>
    site.first(directory),
  ),
  healed: { says: /go1\.26\.0 / },
};
