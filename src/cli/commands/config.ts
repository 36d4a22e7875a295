/** `godrift config check` and `godrift config explain`. */

import path from 'node:path';
import { counted } from '../../catalog/counted.ts';
import { serveOptions } from '../../catalog/options.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { missingTargetLines } from '../../observe/discovery/discovery-pass.ts';
import type { TargetEntry } from '../../observe/discovery/entries.ts';
import { rollbackLines } from '../settings/rollback-settings.ts';
import { type Flags, readSettings } from '../settings/settings.ts';
import { loadWebConfig } from '../settings/web-config.ts';
import type { Terminal } from '../terminal.ts';
import { discoverTargets } from '../which-target.ts';

/**
 * Reads all configuration that `serve` would read and prints the targets. Warns of patterns without a match
 * and of targets that are left out. Returns 0. Throws AppError if the configuration is invalid.
 */
export async function runConfigCheck(terminal: Terminal, flags: Flags): Promise<number> {
  const settings = await readSettings(flags, terminal.env, [], terminal.cwd);
  if (settings.webConfigFile !== '')
    loadWebConfig(settings.webConfigFile, settings.explained['web.config.file'].from);
  const pass = discoverTargets(settings, path.resolve(terminal.cwd, settings.stateDirectory));
  for (const { message, what } of missingTargetLines(pass, undefined, settings.targetLimit))
    terminal.stderr.write(`godrift: ${message}: ${visible(what)}\n`);
  const { targets } = pass;
  const found = targets.length - settings.targets.length;
  const names = targets.map((target) => target.name).join(', ');
  terminal.stdout.write(
    `ok: ${counted(targets.length, 'target')}${settings.entries.length === 0 ? '' : `, ${found} of them found by patterns`} (${visible(names)})\n`,
  );
  return 0;
}

const textOf = (file: TargetEntry['workspace']) => (typeof file === 'string' ? file : file.text);

/**
 * Returns the line of an entry with patterns, as configured. The targets that it finds are printed
 * separately.
 */
function entryLine({ label, workspace, go = [], settings }: TargetEntry): string {
  const gos = go.length === 0 ? '' : `, go ${go.map(textOf).join(', ')}`;
  return `pattern${label === '' ? '' : ` ${label}`}: workspace ${textOf(workspace) || '(this host)'}${gos}, environment ${settings.environment.from}, baseline ${settings.baseline}`;
}

/**
 * Prints every setting with its value and origin; returns 0. Throws AppError if the configuration is invalid.
 */
export async function runConfigExplain(terminal: Terminal, flags: Flags, json: boolean): Promise<number> {
  const settings = await readSettings(flags, terminal.env, [], terminal.cwd);
  const { explained, whitelist, rollback, poll, admin } = settings;
  if (json) {
    terminal.stdout.write(
      `${visibleJson({ settings: explained, targets: settings.targets, patterns: settings.entries, whitelist, rollback, poll, admin })}\n`,
    );
    return 0;
  }
  const width = Math.max(...serveOptions.map((row) => row.key.length));
  for (const row of serveOptions) {
    const { value, source, from } = settings.explained[row.key];
    terminal.stdout.write(
      `${row.key.padEnd(width)}  ${visible(`${value}  (${source}${source === 'default' && from === 'built in' ? '' : `: ${from}`})`)}\n`,
    );
  }
  if (whitelist.length > 0) terminal.stdout.write(`${visible(`whitelist: ${whitelist.join('; ')}`)}\n`);
  for (const line of rollbackLines(settings)) terminal.stdout.write(`${visible(line)}\n`);
  for (const entry of settings.entries) terminal.stdout.write(`${visible(entryLine(entry))}\n`);
  const { targets } = discoverTargets(settings, path.resolve(terminal.cwd, settings.stateDirectory));
  for (const target of targets) {
    terminal.stdout.write(
      `${visible(`target ${target.name}: workspace ${target.workspace || '(this host)'}, environment ${target.environment.from}, baseline ${target.baseline}`)}\n`,
    );
  }
  return 0;
}
