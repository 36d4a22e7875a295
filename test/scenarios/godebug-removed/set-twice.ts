import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a removed setting in GODEBUG that a later element takes back: each element counts',
  source: 'discovered: removed GODEBUG settings',
  on: ['1.27.4'],
  drift: sets({ GODEBUG: 'asynctimerchan=1,asynctimerchan=0' }),
  go: { run: 'go version', exit: 2, says: /removed GODEBUG/ },
  finds: [{ rule: 'godebug-removed', level: 'major' }],
  repair: unsets('GODEBUG'),
};
