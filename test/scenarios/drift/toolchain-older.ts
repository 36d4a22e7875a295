import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'an old Go of the image comes first',
  on: ['1.27.4'],
  baseline: 'committed',
  drift: (site) => site.first(bin('1.24.13')),
  go: { run: 'go version', says: /go1\.24\.13 / },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'toolchain.version' }],
  repair: byHand(/^put go1\.27\.4 first on PATH \(found: ([^)]+)\)/, (site, [, directory = '']) =>
    site.first(directory),
  ),
  healed: { says: /go1\.27\.4 / },
};
