import { join } from 'node:path';
import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a sum missing from go.sum',
  on: ['1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) =>
    site.write('go.sum', appOfModules['go.sum'].replace(/^example\.com\/b v1\.0\.0 .*\n/m, '')),
  go: { run: 'go build ./...', exit: 1, says: /missing go.sum entry/ },
  finds: [{ rule: 'gosum-mismatch' }],
  repair: byHand(/(go mod download example\.com\/b)/, async (site, [, command]) => {
    const proxy = `GOPROXY=file://${join(site.home, 'proxy')} GOSUMDB=off`;
    const said = await site.shell(`${proxy} ${command}`);
    if (said.exitCode !== 0) throw new Error(said.text);
  }),
};
