import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { gomod, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOTOOLCHAIN=go1.26.0+auto asks for exactly what the go line says, though the local go is newer',
  on: ['1.27.4'],
  world: sets({ GOPROXY: 'off' }),
  files: gomod('go 1.27.0'),
  drift: sets({ GOTOOLCHAIN: 'go1.26.0+auto' }),
  go: { run: 'go version', exit: 1, says: /download go1\.27\.0 for linux\/amd64: toolchain not available/ },
  finds: [{ rule: 'toolchain-not-installed' }],
  repair: inShell(/^(unset GOTOOLCHAIN)$/),
};
