import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serveOptions } from '../../../../src/catalog/options.ts';
import type { Settings } from '../../../../src/cli/settings/settings.ts';
import { readSettings } from '../../../../src/cli/settings/settings.ts';
import type { Exporter } from '../../../../src/cli/wire/exporter.ts';
import { keepInForce } from '../../../../src/cli/wire/reload.ts';
import { createLog } from '../../../../src/tell/log.ts';
import { createHistory } from '../../../../src/tell/status/history.ts';
import { scratch } from '../../store/scratch.ts';

/** Returns why an exporter with `settings` refuses a reload that changes them to `next`. */
async function refused(settings: Settings, next: Partial<Settings>): Promise<string> {
  const exporter: Exporter = {
    log: createLog('info', 'logfmt', () => {}),
    history: createHistory(),
    config: { ok: true, loadedAt: 0 },
    settings,
    stopping: false,
  };
  return (await keepInForce(exporter, async () => ({ ...settings, ...next })).reload()) ?? '';
}

test('a refused reload names the keys of the configuration file, and the manual lists them all', async () => {
  const home = await scratch();
  const settings = await readSettings({}, new Map([['HOME', home]]), [], home);
  expect(await refused(settings, {})).toBe('');
  expect(await refused(settings, { stateDirectory: '/other', logFormat: 'json' })).toBe(
    'cannot reload: state_directory and log.format changed, which needs a restart; restart godrift',
  );
  const why = await refused(settings, {
    stateDirectory: '/other',
    listenAddresses: ['127.0.0.1:1'],
    systemdSocket: true,
    webConfigFile: '/other',
    telemetryPath: '/other',
    maxRequests: 7,
    disableExporterMetrics: true,
    disabledCollectors: ['env'],
    textfile: '/other',
    fileSd: '/other',
    logFormat: 'json',
    unsentLimitBytes: 7,
    eventLog: { file: '/other', maxBytes: 7, keep: 1 },
    admin: { listen: '127.0.0.1:1' } as unknown as NonNullable<Settings['admin']>,
  });
  const keys = /: (.*) changed,/.exec(why)?.[1]?.split(' and ') ?? [];
  const known = serveOptions.map(({ key }) => key as string);
  for (const key of keys)
    expect(known.some((one) => one === key || one.startsWith(`${key}.`)) || key).toBeTruthy();
  const manual = readFileSync('docs/configuration.md', 'utf8');
  const listed = /What it refuses\n([\s\S]*?)\n\n/.exec(manual)?.[1] ?? '';
  expect([...listed.matchAll(/`([a-z_.]+)`/g)].map(([, key]) => key)).toEqual(keys);
});
