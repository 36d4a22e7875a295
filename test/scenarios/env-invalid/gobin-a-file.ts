import { join } from 'node:path';
import { unsets } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a GOBIN that is a file',
  on: ['1.27.4'],
  files: main(),
  drift: (site) => {
    put(join(site.home, 'program'), '');
    site.env.GOBIN = join(site.home, 'program');
  },
  go: { run: 'go install .', exit: 1, says: /mkdir \S+program\/?: file exists/ },
  finds: [{ rule: 'env-invalid', level: 'minor', says: /file exists/ }],
  repair: unsets('GOBIN'),
};
