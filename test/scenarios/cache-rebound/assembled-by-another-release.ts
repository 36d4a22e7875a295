import { join } from 'node:path';
import { cacheRepair, ownCache } from '../caches.ts';
import type { Scenario } from '../scenario.ts';
import { put, sdk } from '../site.ts';

/** A GOROOT that is a link and leads elsewhere for a moment, while the assembler runs: the compiler looks at the version, it does not. */
const swapped = (assembler: string) => `#!/bin/sh
case "$*" in
*/asm*-V=full*) ;;
*/asm*-p\\ main*) shift; exec ${assembler} "$@" ;;
esac
exec "$@"
`;

export const scenario: Scenario = {
  title:
    'GOROOT swapped while the assembler ran: the cache keeps an object of another release, and nothing links',
  source: 'discovered: GOROOT exported as a link',
  on: ['1.27.4'],
  needs: 'cache',
  files: {
    'app.go': 'package main\n\nfunc Add(a, b int) int\n\nfunc main() { println(Add(1, 2)) }\n',
    'add_amd64.s':
      '#include "textflag.h"\n\nTEXT ·Add(SB),NOSPLIT,$0-24\n\tMOVQ a+0(FP), AX\n\tADDQ b+8(FP), AX\n\tMOVQ AX, ret+16(FP)\n\tRET\n',
  },
  world: async (site) => {
    const wrapper = join(site.home, 'toolexec');
    put(wrapper, '#!/bin/sh\nexec "$@"\n', 0o755);
    site.env.GOFLAGS = `-toolexec=${wrapper}`;
    await ownCache(site);
  },
  check: ['--cache'],
  drift: async (site) => {
    const wrapper = join(site.home, 'toolexec');
    put(wrapper, swapped(join(sdk('1.27.0').goroot, 'pkg/tool/linux_amd64/asm')), 0o755);
    site.write('more.go', 'package main\n\nvar more = 1\n');
    await site.shell('go build -o app .');
    put(wrapper, '#!/bin/sh\nexec "$@"\n', 0o755);
  },
  go: { run: 'go build -o app .', exit: 1, says: /linked object header mismatch/ },
  finds: [{ rule: 'cache-rebound', says: /package main .*go1\.27\.0.*linked object header mismatch/ }],
  repair: cacheRepair,
  healed: {},
};
