import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a pair that left with a release',
  on: ['1.27.4'],
  drift: sets({ GOOS: 'windows', GOARCH: 'arm' }),
  go: { run: 'go build ./...', exit: 2, says: /unsupported GOOS\/GOARCH pair windows\/arm/ },
  finds: [{ rule: 'goos-goarch-unsupported' }],
  repair: unsets('GOOS'),
};
