import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOPROXY in GOENV leads to another place',
  on: ['1.26.0'],
  baseline: 'committed',
  drift: goenv('GOPROXY=https://mirror.example.com\n'),
  go: { run: 'GOPROXY= go env GOPROXY', says: /^https:\/\/mirror\.example\.com$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOPROXY' }],
  repair: byHand(/has no GOPROXY: .* correct it at (\S+\/go\/env):(1), or/, (_, [, file = '', line]) =>
    withoutLine(file, Number(line)),
  ),
  healed: { says: /^https:/ },
};
