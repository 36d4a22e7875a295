import { byHand, withoutLine } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { put } from '../site.ts';

export const scenario: Scenario = {
  title: 'a module path that go takes for none',
  on: ['1.27.4', '1.21.13'],
  needs: 'modules',
  files: { 'go.mod': 'module example.com/app\n\ngo 1.21\n' },
  drift: (site) => site.write('go.mod', 'module "example.com/my app"\n\ngo 1.21\n'),
  go: {
    run: 'go build ./...',
    exit: 1,
    says: /malformed module path "example\.com\/my app": invalid char ' '/,
  },
  finds: [{ rule: 'gomod-invalid', says: /malformed module path/ }],
  repair: byHand(/^correct (\S+):(\d+)$/, (_, [, file = '', line]) => {
    withoutLine(file, Number(line));
    put(file, 'module example.com/app\n\ngo 1.21\n');
  }),
};
