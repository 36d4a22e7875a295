import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';
import { put, sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'cgo for another platform with a compiler of its own',
  on: ['1.26.0'],
  world: (site) => {
    put(join(site.home, 'bin/aarch64-cc'), '#!/bin/sh\nexec true\n', 0o755);
    sets({ CGO_ENABLED: '1', GOARCH: 'arm64', CC: join(site.home, 'bin/aarch64-cc') })(site);
  },
};
