import { appOfModules, download } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a sum of go.sum that is not that of the module cache',
  on: ['1.24.13'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => {
    const other = /^example\.com\/b v1\.1\.0 (.*)$/m.exec(appOfModules['go.sum'])?.[1];
    site.write('go.sum', appOfModules['go.sum'].replace(/^(example\.com\/b v1\.0\.0) .*$/m, `$1 ${other}`));
  },
  go: { run: 'go build ./...', exit: 1, says: /checksum mismatch/ },
  finds: [{ rule: 'gosum-mismatch' }],
  repair: byHand(/restore (\S+go\.sum) from version control/, (_, [, file = '']) =>
    put(file, appOfModules['go.sum']),
  ),
};
