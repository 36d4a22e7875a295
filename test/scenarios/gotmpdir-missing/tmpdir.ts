import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'TMPDIR of a session that has ended',
  on: ['1.27.4'],
  drift: (site) => sets({ TMPDIR: join(site.home, 'tmp') })(site),
  go: { run: 'go build ./...', exit: 1, says: /creating work dir/ },
  finds: [{ rule: 'gotmpdir-missing', key: 'env.TMPDIR' }],
  repair: inShell(/^(mkdir -p [^,]+)/),
};
