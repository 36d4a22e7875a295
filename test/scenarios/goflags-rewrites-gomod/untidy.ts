import { appOfModules, download, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title:
    '-mod=mod because go.mod has lost a requirement: no command takes the flag away before go.mod is tidy',
  on: ['1.21.13', '1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: (site) => download(site),
  drift: (site) => {
    site.env.GOFLAGS = '-mod=mod';
    site.write('go.mod', requiring('require example.com/a v1.0.0'));
  },
  go: {
    run: 'cp go.mod old && ! GOFLAGS= go build ./... && go build ./... && mv old go.mod',
    says: /updates to go\.mod needed/,
  },
  healed: { exit: 1 },
  finds: [{ rule: 'goflags-rewrites-gomod' }],
  repair: byHand(
    /^unset GOFLAGS \(by hand: without -mod=mod builds fail: go\.mod is not tidy: .* for example\.com\/b\)/,
    (site) => {
      site.write('go.mod', appOfModules['go.mod']);
      site.env.GOFLAGS = undefined;
    },
  ),
};
