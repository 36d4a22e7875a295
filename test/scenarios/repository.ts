/** Git repositories for scenarios. */
import type { Site } from './site.ts';

/** A workspace with a program: only programs are stamped. */
export const programFiles = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n',
  'app.go': 'package main\n\nfunc main() {}\n',
};

/** Makes the workspace, or a directory above it, a repository with a commit of all its files, and a tag of it where one is named. */
export async function commitAll(site: Site, tag?: string, top = '.'): Promise<void> {
  const said = await site.shell(
    `cd ${top} && git init -q . && git add . && git -c user.name=a -c user.email=a@example.com commit -qm one${tag === undefined ? '' : ` && git tag ${tag}`}`,
  );
  if (said.exitCode !== 0) throw new Error(said.text);
}

/** A line of sh that says with which version the program of the workspace is stamped; nothing is written into the repository. */
export const versionOf =
  'go build -o "$HOME/built" . && go version -m "$HOME/built" | awk \'$1 == "mod" { print $3 }\'';
