import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sdk } from '../site.ts';

const file = 'src/strings/strings.go';

export const scenario: Scenario = {
  title: 'a file of the standard library edited: a plain check sees it by its stamp',
  on: ['1.26.0'],
  clone: { at: 'sdk/edited', own: ['src/strings'] },
  baseline: 'accepted',
  drift: (site) => {
    const text = readFileSync(join(site.goroot, file), 'utf8');
    unlinkSync(join(site.goroot, file));
    put(join(site.goroot, file), `${text}\nconst edited = 1\n`);
  },
  go: { run: 'go version' },
  finds: [{ kind: 'drift', rule: 'changed', key: 'toolchain.digest' }],
  repair: byHand(/^unpack the Go release into (\S+) again/, (site) => {
    put(join(site.goroot, file), readFileSync(join(sdk('1.26.0').goroot, file)));
  }),
};
