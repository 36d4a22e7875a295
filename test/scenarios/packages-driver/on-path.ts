import { chmodSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'an installer left a gopackagesdriver on PATH',
  on: ['1.26.0'],
  source: 'bazel-contrib/rules_go#3523',
  drift: (site) => {
    const directory = relative(site.workspace, join(site.home, 'tools/bin'));
    site.write(join(directory, 'gopackagesdriver'), '#!/bin/sh\necho "bazel: not found" >&2\nexit 127\n');
    chmodSync(join(site.home, 'tools/bin/gopackagesdriver'), 0o755);
    site.first(join(site.home, 'tools/bin'));
  },
  go: { run: 'go build ./...' },
  finds: [{ rule: 'packages-driver', key: 'env.GOPACKAGESDRIVER', level: 'patch' }],
  repair: inShell(/^(export GOPACKAGESDRIVER=off)\b/),
};
