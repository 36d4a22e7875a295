/** What a path truly stands for, though parts of it are not there yet: realpath(3) has no answer for those. */
import { readlinkSync } from 'node:fs';
import path from 'node:path';

const linkLimit = 40; // as the kernel's MAXSYMLINKS

/** An absolute path with every link resolved, those that lead to nothing too; what cannot be looked at is taken for what its name says. */
export function realName(file: string): string {
  const pending = file.split('/').filter(Boolean);
  let here = '/';
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = path.join(here, name);
    const target = name === '..' || links === linkLimit ? undefined : linkAt(next);
    if (target === undefined) {
      here = next;
      continue;
    }
    links++;
    if (target.startsWith('/')) here = '/';
    pending.unshift(...target.split('/').filter(Boolean));
  }
  return here;
}

function linkAt(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
