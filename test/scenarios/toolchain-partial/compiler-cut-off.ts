import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, replace, sdk } from '../site.ts';

const compiler = 'pkg/tool/linux_amd64/compile';

export const scenario: Scenario = {
  title: 'a compiler that was cut off',
  on: ['1.26.0'],
  clone: { at: 'sdk/broken' },
  drift: (site) => {
    unlinkSync(join(site.goroot, compiler));
    put(
      join(site.goroot, compiler),
      readFileSync(join(sdk('1.26.0').goroot, compiler)).subarray(0, 100_000),
      0o755,
    );
  },
  go: { run: 'go build ./...', exit: 1, says: /error obtaining buildID for go tool compile/ },
  finds: [{ rule: 'toolchain-partial' }],
  repair: byHand(/unpack the toolchain again/, (site) => replace(site, compiler, '1.26.0')),
};
