import { readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin, put, replace } from '../site.ts';

/** The machine in the head of an ELF file, and GOARCH in the build information. */
function ofArm64(program: Buffer): Buffer {
  program.writeUInt16LE(183, 18);
  const [from, to] = ['build\tGOARCH=amd64\n', 'build\tGOARCH=arm64\n'];
  for (let at = program.indexOf(from); at !== -1; at = program.indexOf(from, at)) program.write(to, at);
  return program;
}

export const scenario: Scenario = {
  title: 'the archive for linux/arm64 was unpacked on linux/amd64',
  on: ['1.27.4', '1.24.13'],
  clone: { at: 'sdk/go' },
  drift: (site) => {
    for (const name of ['bin/go', 'bin/gofmt']) {
      const program = ofArm64(readFileSync(join(site.goroot, name)));
      unlinkSync(join(site.goroot, name));
      put(join(site.goroot, name), program, 0o755);
    }
  },
  go: { run: 'go version', exit: 126, says: /Exec format error/ },
  finds: [{ rule: 'go-missing', says: /is built for linux\/arm64, and this machine is linux\/amd64/ }],
  repair: byHand(/put the bin directory of a Go before it on PATH/, (site) => {
    replace(site, 'bin/go', site.version);
    site.first(bin(site.version));
  }),
};
