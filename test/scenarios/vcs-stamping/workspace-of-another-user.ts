import { inShell } from '../repairs.ts';
import { commitAll } from '../repository.ts';
import type { Scenario } from '../scenario.ts';
import { give } from '../site.ts';

const program = 'package main\n\nfunc main() {}\n';

export const scenario: Scenario = {
  title: 'a go.work without a go.mod beside it, in a checkout that belongs to another user',
  on: ['1.26.0'],
  files: {
    'go.work': 'go 1.21\n\nuse (\n\t./a\n\t./b\n)\n',
    'a/go.mod': 'module example.com/a\n\ngo 1.21\n',
    'a/a.go': 'package a\n',
    'b/go.mod': 'module example.com/b\n\ngo 1.21\n',
    'b/b.go': program,
  },
  world: async (site) => {
    const said = await site.shell('rm go.mod app.go');
    if (said.exitCode !== 0) throw new Error(said.text);
    await commitAll(site);
  },
  drift: (site) => give(site.workspace, 4242),
  go: { run: 'go build -o /dev/null ./b', exit: 1, says: /error obtaining VCS status: exit status 128/ },
  finds: [{ rule: 'vcs-stamping', says: /which belongs to uid 4242/ }],
  repair: inShell(/^(git config --global --add safe\.directory \S+) where its owner is trusted/),
};
