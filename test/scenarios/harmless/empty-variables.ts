import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'empty variables appear',
  on: ['1.26.0'],
  change: sets({
    GOFLAGS: '',
    GOOS: '',
    GOROOT: '',
    GOTOOLCHAIN: '',
    GOEXPERIMENT: '',
    GOPATH: '',
    GOTMPDIR: '',
  }),
};
