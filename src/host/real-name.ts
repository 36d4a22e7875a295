/** Resolves paths that do not exist completely, for which realpath(3) fails. */
import { readlinkSync } from 'node:fs';
import path from 'node:path';

const linkLimit = 40; // the kernel's MAXSYMLINKS

/**
 * Returns an absolute path with every symlink resolved, dangling ones included; parts that cannot be
 * inspected are kept as named.
 */
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
