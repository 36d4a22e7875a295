import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOOS=windows left behind by a release script',
  on: ['1.27.4'],
  files: main(),
  baseline: 'committed',
  drift: sets({ GOOS: 'windows' }),
  go: { run: 'go list -f {{.Target}} .', says: /app\.exe$/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'major', key: 'env.GOOS' }],
  repair: byHand(/has no GOOS: .* correct it in the environment, or/, (site) => {
    delete site.env['GOOS'];
  }),
  healed: { says: /app$/ },
};
