import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'a gopls that was started before Go was upgraded in the shell',
  on: ['1.27.4'],
  drift: (site) => site.start('gopls', { PATH: `${bin('1.26.0')}:/usr/bin:/bin` }),
  go: { run: `PATH=${bin('1.26.0')}:$PATH go version; go version`, says: /go1\.26\.0 .*\n.*go1\.27\.4/ },
  finds: [{ rule: 'ide-environment-differs', says: /\(go1\.26\.0\) first on its PATH/ }],
  repair: byHand(/^start gopls from an environment with the PATH of this one/, async (site) => {
    await site.end();
    await site.start('gopls');
  }),
};
