/** Git repositories for scenarios. */
import type { Site } from './site.ts';

/** A workspace with a program: only programs are stamped. */
export const programFiles = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n',
  'app.go': 'package main\n\nfunc main() {}\n',
};

/** Makes the workspace a repository with a commit of all its files. */
export async function commitAll(site: Site): Promise<void> {
  const said = await site.shell(
    'git init -q . && git add . && git -c user.name=a -c user.email=a@example.com commit -qm one',
  );
  if (said.exitCode !== 0) throw new Error(said.text);
}
