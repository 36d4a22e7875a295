import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOOS=js left in the shell, without GOARCH=wasm',
  on: ['1.26.0'],
  drift: sets({ GOOS: 'js' }),
  go: { run: 'go build ./...', exit: 2, says: /unsupported GOOS\/GOARCH pair js\/amd64/ },
  finds: [{ rule: 'goos-goarch-unsupported' }],
  repair: unsets('GOOS'),
};
