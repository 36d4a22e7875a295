import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'variables that say what Go would take anyway',
  on: ['1.27.4', '1.21.13'],
  change: (site) =>
    sets({
      GOOS: 'linux',
      GOARCH: 'amd64',
      GOAMD64: 'v1',
      CC: 'gcc',
      CGO_ENABLED: '1',
      GOTOOLCHAIN: 'auto',
      GOPATH: join(site.home, 'go'),
      GOMODCACHE: join(site.home, 'go/pkg/mod'),
      GOENV: join(site.home, '.config/go/env'),
    })(site),
};
