import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTMPDIR names a file',
  on: ['1.26.0'],
  drift: (site) => sets({ GOTMPDIR: join(site.workspace, 'app.go') })(site),
  go: { run: 'go build ./...', exit: 1, says: /creating work dir/ },
  finds: [{ rule: 'gotmpdir-missing' }],
  repair: inShell(/^(unset GOTMPDIR)$/),
};
