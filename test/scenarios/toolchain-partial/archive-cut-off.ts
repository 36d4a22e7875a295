import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

/** Packs the tree, and unpacks what of it lies before the compiler. */
const restore = (
  goroot: string,
) => `cd ${goroot} && tar -cf ../cache.tar bin src VERSION go.env pkg && cd .. &&
  blocks=$(tar -tRf cache.tar | sed -n 's|^block \\([0-9]*\\): pkg/tool/.*/compile$|\\1|p') &&
  rm -r ${goroot}/* && head -c $((blocks * 512)) cache.tar | tar -C ${goroot} -xf -; rm cache.tar`;

export const scenario: Scenario = {
  title: 'a cache of CI with a toolchain in it, restored from an archive that was cut off',
  source: 'actions/setup-go#424',
  on: ['1.26.0'],
  clone: { at: 'go/pkg/mod/golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64' },
  drift: async (site) => {
    await site.shell(restore(site.goroot));
  },
  go: { run: 'go build ./...', exit: 2, says: /no such tool "compile"/ },
  finds: [{ rule: 'toolchain-partial' }],
  repair: byHand(/remove the directory and unpack the toolchain again/, (site) => site.first(bin('1.26.0'))),
};
