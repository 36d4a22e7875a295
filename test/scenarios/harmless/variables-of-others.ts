import type { Harmless } from '../scenario.ts';
import { sets } from '../site.ts';

export const scenario: Harmless = {
  title: 'variables that are no affair of Go',
  on: ['1.27.4'],
  change: sets({
    EDITOR: 'vi',
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    GOLAND_JDK: '/opt/jdk',
    NO_COLOR: '1',
    GODRIFT: '1',
  }),
};
