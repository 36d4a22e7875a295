import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'a gopls that was started with other build tags',
  on: ['1.27.4'],
  files: { 'app_ide.go': '//go:build ide\n\npackage app\n' },
  drift: (site) => site.start('gopls', { GOFLAGS: '-tags=ide' }),
  go: {
    run: `go list -f '{{.GoFiles}}'; GOFLAGS=-tags=ide go list -f '{{.GoFiles}}'`,
    says: /^\[app.go\]\n\[app.go app_ide.go\]$/,
  },
  finds: [{ rule: 'ide-environment-differs', says: /GOFLAGS -tags=ide/ }],
  repair: byHand(/^take (GOFLAGS) out of the environment that starts gopls/, async (site) => {
    await site.end();
    await site.start('gopls');
  }),
};
