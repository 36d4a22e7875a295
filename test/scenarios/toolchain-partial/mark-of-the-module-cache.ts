import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, put } from '../site.ts';

const mark = 'go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.0.linux-amd64.partial';

export const scenario: Scenario = {
  title: 'a toolchain of the module cache that was not unpacked to its end',
  on: ['1.26.0'],
  clone: { at: 'go/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64', own: ['src'] },
  drift: (site) => {
    put(join(site.home, mark), '');
    unlinkSync(join(site.goroot, 'pkg/tool/linux_amd64/asm'));
    unlinkSync(join(site.goroot, 'src/runtime'));
  },
  go: { run: 'go list runtime', exit: 1, says: /runtime is not in std/ },
  finds: [{ rule: 'toolchain-partial' }],
  repair: byHand(/remove the directory and unpack the toolchain again/, (site) => {
    unlinkSync(join(site.home, mark));
    site.first(bin('1.26.0'));
  }),
};
