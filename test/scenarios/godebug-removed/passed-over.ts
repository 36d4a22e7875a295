import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'x509sha1=1 under a go of before 1.27, which passes over it',
  on: ['1.26.0', '1.24.13'],
  drift: sets({ GODEBUG: 'x509sha1=1' }),
  go: { run: 'go build ./...' },
  finds: [{ rule: 'godebug-removed', level: 'minor', says: /silently ignore it/ }],
  repair: unsets('GODEBUG'),
};
