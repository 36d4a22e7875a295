/** `godrift config check` and `godrift config explain`. */

import { serveOptions } from '../../catalog/options.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { type Flags, readSettings } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

/** Reads everything that `serve` would read; prints what it found and returns 0, or throws AppError. */
export async function runConfigCheck(terminal: Terminal, flags: Flags): Promise<number> {
  const settings = await readSettings(flags, terminal.env, [], terminal.cwd);
  const names = settings.targets.map((target) => target.name).join(', ');
  terminal.stdout.write(
    `ok: ${settings.targets.length} target${settings.targets.length === 1 ? '' : 's'} (${visible(names)})\n`,
  );
  return 0;
}

/** Prints every setting, its value and where it comes from; returns 0. */
export async function runConfigExplain(terminal: Terminal, flags: Flags, json: boolean): Promise<number> {
  const settings = await readSettings(flags, terminal.env, [], terminal.cwd);
  if (json) {
    terminal.stdout.write(`${visibleJson({ settings: settings.explained, targets: settings.targets })}\n`);
    return 0;
  }
  const width = Math.max(...serveOptions.map((row) => row.key.length));
  for (const row of serveOptions) {
    const { value, source, from } = settings.explained[row.key];
    terminal.stdout.write(
      `${row.key.padEnd(width)}  ${visible(`${value}  (${source}${source === 'default' && from === 'built in' ? '' : `: ${from}`})`)}\n`,
    );
  }
  for (const target of settings.targets) {
    terminal.stdout.write(
      `${visible(`target ${target.name}: workspace ${target.workspace || '(this host)'}, environment ${target.environment.from}, baseline ${target.baseline}`)}\n`,
    );
  }
  return 0;
}
