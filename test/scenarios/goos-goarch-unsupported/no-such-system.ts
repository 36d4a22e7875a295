import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'no such system, in GOENV',
  on: ['1.21.13'],
  drift: goenv('GOOS=plan10\n'),
  go: { run: 'go build ./...', exit: 2, says: /unsupported GOOS\/GOARCH pair plan10\/amd64/ },
  finds: [{ rule: 'goos-goarch-unsupported' }],
  repair: removesLine(1, 'GOOS'),
};
