import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title: 'mise.toml names a Go, and a shell without mise has another',
  on: ['1.27.4'],
  source: 'incident-io/terraform-provider-incident#471',
  files: { 'mise.toml': '[tools]\nnode = "22"\ngo = "1.27.4"\n' },
  drift: (site) => {
    site.env.PATH = `${bin('1.24.13')}:/usr/bin:/bin`;
  },
  go: { run: 'go version', says: /go1\.24\.13 / },
  finds: [{ kind: 'pin', rule: 'pin-mise-toml', level: 'minor', says: /^mise\.toml wants go1\.27\.4/ }],
  repair: byHand(/^put a go1\.27\.4 first on PATH/, (site) => site.first(bin('1.27.4'))),
};
