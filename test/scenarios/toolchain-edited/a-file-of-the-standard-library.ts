import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cloneToolchain } from '../../lab/toolchains.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { main, type Site, sdk } from '../site.ts';

const name = 'v0.0.1-go1.21.13.linux-amd64';
const hash = `cache/download/golang.org/toolchain/@v/${name}.ziphash`;
const edited = 'src/errors/errors.go';

const tree = (site: Site) => join(site.home, 'go/pkg/mod/golang.org', `toolchain@${name}`);
const unpack = async (site: Site) => {
  await cloneToolchain('1.21.13', tree(site), { own: [edited] });
};

export const scenario: Scenario = {
  title: 'a file of the standard library edited in a downloaded toolchain: the same version, another program',
  on: ['1.21.13'],
  needs: 'cache',
  files: main('println(errors.New("x").Error())', 'errors'),
  world: async (site) => {
    await unpack(site);
    site.first(join(tree(site), 'bin'));
    const place = join(site.home, 'go/pkg/mod', hash);
    mkdirSync(dirname(place), { recursive: true });
    copyFileSync(join(dirname(dirname(sdk('1.21.13').goroot)), hash), place);
  },
  check: ['--cache'],
  drift: (site) => {
    const file = join(tree(site), edited);
    writeFileSync(file, readFileSync(file, 'utf8').replace('return e.s', 'return e.s + "!"'));
  },
  go: { run: 'go version; go run .', says: /go1\.21\.13 [\s\S]*x!$/ },
  finds: [{ rule: 'toolchain-edited' }],
  repair: byHand(
    /^chmod -R u\+w \S+ && rm -rf \S+: the next go command that needs it unpacks it/,
    async (site) => {
      rmSync(tree(site), { recursive: true });
      await unpack(site);
    },
  ),
  healed: { says: /x$/ },
};
