import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, sdk } from '../site.ts';

export const scenario: Scenario = {
  title: 'a shim of mise without a version for this directory, and a Go that mise has installed',
  source: 'compozy/compozy#433',
  on: ['none'],
  drift: (site) => {
    const data = join(site.home, '.local/share/mise');
    const program = join(site.home, '.local/bin/mise');
    put(program, '#!/bin/sh\necho "mise ERROR No version is set for shim: go" >&2\nexit 1\n', 0o755);
    mkdirSync(join(data, 'shims'), { recursive: true });
    mkdirSync(join(data, 'installs/go'), { recursive: true });
    symlinkSync(program, join(data, 'shims/go'));
    symlinkSync(sdk('1.26.0').goroot, join(data, 'installs/go/1.26.0'));
    site.first(join(data, 'shims'));
  },
  go: { run: 'go version', exit: 1, says: /No version is set/ },
  finds: [
    { rule: 'go-missing', says: /shims\/go is the shim of mise, and no version of go is set for it here/ },
  ],
  repair: byHand(/put (\S*mise\/installs\/go\/1\.26\.0\/bin) first on PATH/, (site, [, directory = '']) =>
    site.first(directory),
  ),
};
