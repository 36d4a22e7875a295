import { appOfNeighbour, putNeighbour } from '../modules.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOWORK=off left exported, where a module imports its neighbour by go.work',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfNeighbour,
  world: putNeighbour,
  baseline: 'accepted',
  drift: sets({ GOWORK: 'off' }),
  go: { run: 'go build ./...', exit: 1, says: /no required module provides package example\.com\/lib\/x/ },
  finds: [
    {
      rule: 'module-unavailable',
      key: 'env.GOWORK',
      says: /example\.com\/app, which imports example\.com\/lib\/x.*go\.work.*GOWORK=off/,
    },
    { kind: 'drift', rule: 'added', level: 'minor', key: 'env.GOWORK' },
  ],
  repair: inShell(/^(unset GOWORK)\b/),
};
