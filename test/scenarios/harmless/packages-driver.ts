import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title:
    'GOPACKAGESDRIVER names a script of the repository, which is there, relative to it as bazel projects write it',
  on: ['1.27.4'],
  world: (site) => {
    site.write(
      'tools/gopackagesdriver.sh',
      '#!/bin/sh\nexec bazel run -- @rules_go//go/tools/gopackagesdriver "$@"\n',
    );
    chmodSync(join(site.workspace, 'tools/gopackagesdriver.sh'), 0o755);
    site.env.GOPACKAGESDRIVER = './tools/gopackagesdriver.sh';
  },
  silent: true,
};
