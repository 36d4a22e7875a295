import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a vendored package that .gitignore kept out of the repository',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: async (site) => {
    await download(site);
    await site.shell('go mod vendor');
  },
  drift: (site) => rmSync(join(site.workspace, 'vendor/example.com/b'), { recursive: true }),
  go: { run: 'go build ./...', exit: 1, says: /example\.com\/b/ },
  finds: [{ rule: 'goflags-vendor', says: /go cannot build example\.com\/a, which imports it/ }],
  repair: byHand(/run (go mod vendor) with GOFLAGS=(\S+),/, async (site, [, command, flags]) => {
    const { text, exitCode } = await site.shell(`GOFLAGS=${flags} ${command}`);
    if (exitCode !== 0) throw new Error(text);
  }),
};
