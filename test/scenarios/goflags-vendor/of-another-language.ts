import { rmSync } from 'node:fs';
import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a vendor/ of PHP beside a go.mod: the repair does not have go remove it',
  on: ['1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => site.write('vendor/acme/a.php', '<?php\n'),
  go: { run: 'go build ./...', exit: 1, says: /inconsistent vendoring/ },
  finds: [{ rule: 'goflags-vendor' }],
  repair: byHand(
    /^build without .* or move (\S+) away: it has no modules\.txt, and go mod vendor would remove/,
    (_, [, directory = '']) => rmSync(directory, { recursive: true }),
  ),
};
