import { appOfModules, download, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a vendor directory that go.mod has outgrown',
  on: ['1.21.13', '1.27.4'],
  needs: 'modules',
  files: appOfModules,
  world: async (site) => {
    await download(site);
    await site.shell('go mod vendor');
  },
  drift: (site) =>
    site.write(
      'go.mod',
      requiring('require example.com/a v1.1.0', 'require example.com/b v1.1.0 // indirect'),
    ),
  go: { run: 'go build ./...', exit: 1, says: /inconsistent vendoring/ },
  finds: [{ rule: 'goflags-vendor' }],
  repair: byHand(/run (go mod vendor) with GOFLAGS=(-mod=mod)/, async (site, [, command, flags]) => {
    const said = await site.shell(`GOFLAGS=${flags} ${command}`);
    if (said.exitCode !== 0) throw new Error(said.text);
  }),
};
