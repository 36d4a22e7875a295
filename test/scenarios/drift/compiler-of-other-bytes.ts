import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put, replace } from '../site.ts';

const compiler = 'pkg/tool/linux_amd64/compile';

export const scenario: Scenario = {
  title: 'a compiler of other bytes under the same version: go keeps its cache, and tells nothing',
  source: 'tailscale/go#167',
  on: ['1.26.0'],
  clone: { at: 'sdk/go' },
  baseline: 'accepted',
  check: ['--cache'],
  drift: (site) => {
    const bytes = readFileSync(join(site.goroot, compiler));
    unlinkSync(join(site.goroot, compiler));
    put(join(site.goroot, compiler), Buffer.concat([bytes, Buffer.from('\n')]), 0o755);
  },
  go: { run: 'go version && go tool compile -V && go build ./...', says: /compile version go1\.26\.0/ },
  finds: [{ kind: 'drift', rule: 'changed', level: 'major', key: 'toolchain.digest' }],
  repair: byHand(/./, (site) => replace(site, compiler, '1.26.0')),
};
