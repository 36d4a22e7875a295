import { chmodSync, copyFileSync, readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sdk } from '../site.ts';

const tools = 'pkg/tool/linux_amd64';

/** Makes a file of the tree its own, without the bits that let it be executed. */
function plain(goroot: string, from: string, file: string): void {
  if (readFileSync(join(from, file)).length === 0) throw new Error(`${file} is empty`);
  unlinkSync(join(goroot, file));
  copyFileSync(join(from, file), join(goroot, file));
  chmodSync(join(goroot, file), 0o444);
}

export const scenario: Scenario = {
  title: 'a tree copied without its modes: no tool may be executed',
  on: ['1.21.13', '1.27.4'],
  clone: { at: 'sdk/copied' },
  drift: (site) => {
    const from = sdk(site.version).goroot;
    for (const name of readdirSync(join(from, tools))) plain(site.goroot, from, `${tools}/${name}`);
  },
  go: { run: 'go build ./...', exit: 1, says: /permission denied/ },
  finds: [{ rule: 'toolchain-partial', says: /asm.*may not be executed: "permission denied"/ }],
  repair: inShell(/^(chmod a\+rx .*), as their owner$/),
};
