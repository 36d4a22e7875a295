import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOBIN, and a GOARCH that is left from a build for another machine',
  source: 'kubernetes-sigs/controller-runtime#3232',
  on: ['1.27.4', '1.21.13'],
  files: main(),
  world: (site) => {
    site.env.GOBIN = `${site.home}/bin`;
  },
  drift: (site) => {
    site.env.GOARCH = 'arm64';
  },
  go: {
    run: 'CGO_ENABLED=0 go install .',
    exit: 1,
    says: /cannot install cross-compiled binaries when GOBIN is set/,
  },
  finds: [{ rule: 'gobin-cross', key: 'env.GOARCH' }],
  repair: inShell(/^(unset GOARCH) where .* else unset GOBIN$/),
};
