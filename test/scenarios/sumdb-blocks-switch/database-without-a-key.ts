import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { cacheToolchain, nobody, sets } from '../site.ts';

export const scenario: Scenario = {
  title: 'a toolchain in the module cache, and a checksum database that go has no key of',
  on: ['1.24.13'],
  files: { 'go.mod': 'module example.com/app\n\ngo 1.21\n' },
  world: (site) => {
    cacheToolchain(site, '1.27.4');
    sets({ GOPROXY: nobody })(site);
  },
  drift: sets({ GOTOOLCHAIN: 'go1.27.4', GOSUMDB: 'sum.example.org' }),
  go: { run: 'go version', exit: 1, says: /verifying module: invalid GOSUMDB: malformed verifier id/ },
  finds: [{ rule: 'sumdb-blocks-switch' }, { rule: 'env-invalid', level: 'minor' }],
  repair: byHand(/first on PATH \(found: (\S+) with go1\.27\.4\)/, (site, [, directory = '']) =>
    site.first(directory),
  ),
  remains: ['env-invalid'],
};
