import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { replace } from '../site.ts';

export const scenario: Scenario = {
  title: 'another linker in the tree',
  on: ['1.27.0'],
  clone: { at: 'sdk/broken' },
  drift: (site) => replace(site, 'pkg/tool/linux_amd64/link', '1.27.4'),
  go: { run: 'go tool link -V=full', says: /go1\.27\.4/ },
  finds: [{ rule: 'goroot-mixed' }],
  repair: byHand(/unpack one version into an empty directory/, (site) =>
    replace(site, 'pkg/tool/linux_amd64/link', '1.27.0'),
  ),
  healed: { says: /go1\.27\.0/ },
};
