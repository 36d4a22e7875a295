import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a toolchain line and a go of before 1.21',
  on: ['1.20.14'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.20\n' },
  baseline: 'accepted',
  drift: (site) => site.write('go.mod', 'module example.com/app\n\ngo 1.20\n\ntoolchain go1.21.13\n'),
  go: { run: 'go list ./...', exit: 1, says: /go\.mod:5: unknown directive: toolchain/ },
  finds: [
    { rule: 'gomod-invalid', says: /go\.mod:5: unknown directive: toolchain/ },
    { rule: 'pin-toolchain-line', kind: 'pin', level: 'minor' },
  ],
  repair: rollsBack(/write the approved content/),
  source: 'aptly-dev/aptly#1438',
};
