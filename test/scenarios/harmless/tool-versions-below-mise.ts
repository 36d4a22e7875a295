import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title:
    'the mise.toml of the repository has an older Go than .tool-versions of the workspace, which is nearer',
  on: ['1.27.4'],
  files: { '.tool-versions': 'golang 1.27.4\n' },
  change: (site) => site.write('../mise.toml', '[tools]\ngo = "1.24.13"\n'),
};
