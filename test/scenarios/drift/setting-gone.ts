import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { goenv } from '../site.ts';

export const scenario: Scenario = {
  title: 'GOPROXY of GOENV is gone, and the go.env of the tree, which is as released, shows again',
  on: ['1.27.4'],
  baseline: 'accepted',
  world: goenv('GOPROXY=https://mirror.example.com\n'),
  drift: goenv(''),
  go: { run: 'GOPROXY= go env GOPROXY', says: /^(?!https:\/\/mirror).+/ },
  finds: [{ kind: 'drift', rule: 'removed', key: 'env.GOPROXY' }],
  repair: byHand(/^set (GOPROXY=https:\/\/mirror\.example\.com) where it was set before/, (site, [, line]) =>
    site.goenv(`${line}\n`),
  ),
  healed: { says: /^https:\/\/mirror/ },
};
