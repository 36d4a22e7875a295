import { appOfModules, download, requiresBoth, requiring } from '../modules.ts';
import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a requirement whose version is not written in full',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: appOfModules,
  world: async (site) => {
    await download(site);
    site.env.GOPROXY = `file://${site.home}/proxy`;
    site.env.GONOSUMDB = 'example.com';
  },
  drift: (site) =>
    site.write('go.mod', requiring('require example.com/a v1.0', 'require example.com/b v1.0.0 // indirect')),
  go: { run: 'go build ./...', exit: 1, says: /updates to go\.mod needed/ },
  finds: [{ rule: 'gomod-invalid', says: /go\.mod:5: .*v1\.0 is not a full version/ }],
  repair: byHand(/^run go mod tidy/, (site) => site.write('go.mod', requiring(...requiresBoth))),
};
