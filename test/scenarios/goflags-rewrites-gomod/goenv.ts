import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv, gomod } from '../site.ts';

export const scenario: Scenario = {
  title: '-mod=mod in GOENV: a mere look at the packages writes go.mod',
  on: ['1.26.0', '1.21.13'],
  files: { ...gomod(), 'seen.sh': 'go list ./... >/dev/null && cat go.mod' },
  drift: goenv('GOFLAGS=-mod=mod\n'),
  go: { run: 'sh seen.sh', says: /^go \d/m },
  finds: [{ rule: 'goflags-rewrites-gomod' }],
  repair: removesLine(1, 'GOFLAGS'),
  source: 'kserve/kserve#4079',
};
