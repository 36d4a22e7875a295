import { inShell } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Scenario = {
  title: '-mod=mod beside a flag that is meant: that one stays',
  on: ['1.27.4'],
  files: { 'prod.go': '//go:build prod\n\npackage app\n' },
  world: sets({ GOFLAGS: '-tags=prod' }),
  drift: sets({ GOFLAGS: '-tags=prod -mod=mod' }),
  go: { run: "go list -f '{{.GoFiles}}' .", says: /prod\.go/ },
  finds: [{ rule: 'goflags-rewrites-gomod' }],
  repair: inShell(/^(export GOFLAGS=-tags=prod), without -mod=mod/),
  healed: { says: /prod\.go/ },
};
