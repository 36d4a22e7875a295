import { rollsBack } from '../repairs.ts';
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
  repair: rollsBack(/write the approved content/),
  healed: { says: /^https:\/\/mirror/ },
};
