import { join } from 'node:path';
import { rollsBack } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { linkOnPath, put } from '../site.ts';
import { offer } from '../tools.ts';

export const scenario: Scenario = {
  title: 'go get of a module that asks for a newer Go raises the go line: every later command switches',
  source: 'golang/go#75987',
  on: ['1.24.13'],
  baseline: 'accepted',
  world: (site) => {
    linkOnPath(site, '1.27.0');
    offer(site, [{ path: 'example.com/keen', version: 'v1.0.0', go: '1.27.0' }]);
    // Which toolchains there are go asks the proxy; the one that it takes is on PATH.
    put(join(site.home, 'proxy/golang.org/toolchain/@v/list'), 'v0.0.1-go1.27.0.linux-amd64\n');
  },
  drift: async (site) => {
    const { text } = await site.shell('go get example.com/keen@v1.0.0');
    if (!text.includes('upgraded go 1.21 => 1.27.0')) throw new Error(text);
  },
  go: { run: 'go version', says: /go1\.27\.0 / },
  finds: [
    { kind: 'drift', rule: 'changed', level: 'minor', key: 'toolchain.version' },
    { kind: 'drift', rule: 'added', key: 'modules.example.com/keen' },
  ],
  repair: rollsBack(/write the approved content/),
  healed: { says: /go1\.24\.13 / },
};
