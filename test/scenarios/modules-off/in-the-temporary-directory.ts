import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';

export const scenario: Scenario = {
  title: 'TMPDIR is the workspace itself: go passes over its go.mod',
  on: ['1.21.13', '1.27.4'],
  drift: (site) => {
    site.env.TMPDIR = site.workspace;
  },
  go: { run: 'go build ./...', exit: 1, says: /ignoring go\.mod in system temp root/ },
  finds: [{ rule: 'modules-off', key: 'env.TMPDIR' }],
  repair: byHand(/, or set TMPDIR to another one than \S+$/, (site) => {
    site.env.TMPDIR = undefined;
  }),
};
