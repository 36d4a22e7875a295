import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { install, offer, toolModule } from '../tools.ts';

const path = 'github.com/golangci/golangci-lint/v2';
const lints = [toolModule(path, 'v2.1.6'), toolModule(path, 'v2.2.0')] as const;

export const scenario: Scenario = {
  title: '.tool-versions was raised, the installed linter was not',
  on: ['1.27.4'],
  needs: 'tools',
  files: { '.tool-versions': 'golangci-lint 2.1.6\n' },
  world: async (site) => {
    offer(site, lints);
    await install(site, '1.27.4', lints[0]);
    site.first(join(site.home, 'go/bin'));
  },
  drift: (site) => site.write('.tool-versions', 'golangci-lint 2.2.0\n'),
  go: { run: 'golangci-lint', says: /^v2\.1\.6$/ },
  finds: [{ rule: 'tool-not-pinned-version', key: 'tools.golangci-lint' }],
  repair: inShell(/^(GOTOOLCHAIN=\S+ GOBIN=\S+ go install \S+@v2\.2\.0)$/),
  healed: { says: /^v2\./ },
};
