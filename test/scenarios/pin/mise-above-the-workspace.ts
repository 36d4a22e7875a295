import { byHand } from '../repairs.ts';
import type { Scenario } from '../scenario.ts';
import { bin } from '../site.ts';

export const scenario: Scenario = {
  title:
    'the mise.toml of a directory above was raised to another minor version, which a local file had held back until then',
  on: ['1.27.4'],
  files: {
    '../mise.toml': '[tools]\ngolang = { version = "1.24" }\n',
    'mise.local.toml': '[tools]\ngo = "1.27"\n',
  },
  drift: (site) => site.write('mise.local.toml', '[env]\nGOFLAGS = "-trimpath"\n'),
  go: { run: 'go version', says: /go1\.27\.4 / },
  finds: [{ kind: 'pin', rule: 'pin-mise-toml', level: 'minor', says: /^mise\.toml wants go1\.24/ }],
  repair: byHand(/^put a go1\.24 first on PATH/, (site) => site.first(bin('1.24.13'))),
  healed: {},
};
