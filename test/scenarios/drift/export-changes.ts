import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'CGO_CFLAGS of the shell changes',
  on: ['1.26.0'],
  baseline: 'accepted',
  world: sets({ CGO_CFLAGS: '-O2 -DNDEBUG' }),
  drift: sets({ CGO_CFLAGS: '-O0' }),
  go: { run: 'go env CGO_CFLAGS', says: /^-O0$/ },
  finds: [{ kind: 'drift', rule: 'changed', level: 'minor', key: 'env.CGO_CFLAGS' }],
  repair: inShell(/^(export CGO_CFLAGS='-O2 -DNDEBUG') \(or/),
  healed: { says: /^-O2 -DNDEBUG$/ },
};
