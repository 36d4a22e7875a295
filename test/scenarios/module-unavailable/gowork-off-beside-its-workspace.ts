import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOWORK=off left exported, where a module imports its neighbour by go.work',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: {
    'go.mod': 'module example.com/app\n\ngo 1.21\n',
    'app.go': 'package app\n\nimport _ "example.com/lib/x"\n',
  },
  world: (site) => {
    put(join(site.home, 'src/lib/go.mod'), 'module example.com/lib\n\ngo 1.21\n');
    put(join(site.home, 'src/lib/x/x.go'), 'package x\n');
    put(join(site.home, 'src/go.work'), 'go 1.21\n\nuse (\n\t./app\n\t./lib\n)\n');
  },
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
