import type { Harmless } from '../scenario.ts';

export const scenario: Harmless = {
  title:
    'mise.toml gets tasks, other tools and the newest Go; the own configuration of the user has an older one',
  on: ['1.27.4'],
  files: { 'mise.toml': '[tools]\ngo = "1.27"\n' },
  change: (site) => {
    site.write(
      'mise.toml',
      '[tools]\nnode = "22"\ngo = "latest"\n[tasks.x]\nrun = """\n[tools]\ngo = "1.2"\n"""\n',
    );
    site.write('../.config/mise/config.toml', '[tools]\ngo = "1.24"\n');
  },
};
