import { removesLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main } from '../site.ts';

export const scenario: Scenario = {
  title: 'a GOOS that go env -w left, and GOBIN beside it',
  on: ['1.26.0'],
  files: main(),
  world: (site) => {
    site.env.GOBIN = `${site.home}/bin`;
  },
  drift: (site) => site.goenv('GOOS=darwin\n'),
  go: { run: 'go install .', exit: 1, says: /cannot install cross-compiled binaries when GOBIN is set/ },
  finds: [{ rule: 'gobin-cross', key: 'env.GOOS' }],
  repair: removesLine(1, 'GOOS'),
};
