import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOSUMDB names another database',
  on: ['1.24.13'],
  baseline: 'committed',
  drift: sets({ GOSUMDB: 'sum.example.com+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8' }),
  go: { run: 'go env GOSUMDB', says: /^sum\.example\.com/ },
  finds: [{ kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOSUMDB' }],
  repair: byHand(/has no GOSUMDB: .* correct it in the environment, or/, (site) => {
    delete site.env['GOSUMDB'];
  }),
  healed: { says: /^sum\./ },
};
