import { ownCache } from '../caches.ts';
import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

const imports = (name: string) => `package app\n\nimport _ "example.com/app/${name}"\n`;
const age = `find . -exec touch -d '2026-01-02 03:04:05.678901234' {} +`;

export const scenario: Scenario = {
  title: 'a checkout that keeps times and sizes: go reads the imports of the old file',
  source: 'golang/go#69179, stackrox/stackrox#21719',
  on: ['1.27.4'],
  needs: 'cache',
  files: {
    'app.go': imports('aa'),
    'aa/a.go': 'package aa\n',
    'bb/b.go': 'package bb\n',
  },
  world: async (site) => {
    // Go makes no index of what is younger than two seconds.
    await site.shell(age);
    await ownCache(site);
    await site.shell('rm -f app && go list ./...');
  },
  check: ['--cache'],
  drift: async (site) => {
    site.write('app.go', imports('bb'));
    await site.shell(`touch -d '2026-01-02 03:04:05.678901234' app.go`);
  },
  go: { run: `go list -f '{{.Imports}}' .`, says: /app\/(aa|bb)/ },
  finds: [{ rule: 'cache-stale-index', says: /it still has example\.com\/app\/aa/ }],
  repair: inShell(/^(touch \S+)$/),
};
