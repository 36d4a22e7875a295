import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'the go line of go.work and GOTOOLCHAIN=local in GOENV',
  on: ['1.24.13'],
  files: { 'go.work': 'go 1.21\n\nuse .\n' },
  world: goenv('GOTOOLCHAIN=local\n'),
  drift: (site) => site.write('go.work', 'go 1.26.0\n\nuse .\n'),
  go: { run: 'go build ./...', exit: 1, says: /go\.work requires go >= 1\.26\.0/ },
  finds: [{ rule: 'toolchain-too-old' }, { kind: 'pin', rule: 'pin-go-work', level: 'minor' }],
  repair: byHand(/put a go >= 1\.26\.0 first on PATH/, (site) => site.first(bin('1.26.0'))),
};
