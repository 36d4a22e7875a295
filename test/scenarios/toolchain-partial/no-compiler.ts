import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { replace } from '../site.ts';

export const scenario: Scenario = {
  title: 'a tree without its compiler',
  on: ['1.27.4'],
  clone: { at: 'sdk/broken' },
  drift: (site) => unlinkSync(join(site.goroot, 'pkg/tool/linux_amd64/compile')),
  go: { run: 'go build ./...', exit: 2, says: /no such tool "compile"/ },
  finds: [{ rule: 'toolchain-partial' }],
  repair: byHand(/unpack the toolchain again/, (site) =>
    replace(site, 'pkg/tool/linux_amd64/compile', '1.27.4'),
  ),
};
