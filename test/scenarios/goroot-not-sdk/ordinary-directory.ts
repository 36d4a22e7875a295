import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOROOT is an ordinary directory, by GOENV',
  on: ['1.24.13'],
  world: goenv('GOPRIVATE=corp.example.com\n'),
  drift: (site) => site.goenv(`GOPRIVATE=corp.example.com\nGOROOT=${site.home}\n`),
  go: { run: 'go build ./...', exit: 2, says: /no such tool|is not in std/ },
  finds: [{ rule: 'goroot-not-sdk' }, { rule: 'goroot-mismatch' }],
  repair: removesLine(2, 'GOROOT'),
};
