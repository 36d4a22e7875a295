/** The gate in front of both listeners, by the web configuration file; none where no file is named. */
import { stampFiles } from '../../host/file-stamps.ts';
import { systemClock } from '../../host/machine.ts';
import { passwordComparer } from '../../tell/http/compare-password.ts';
import type { Gate } from '../../tell/http/server.ts';
import { keepWebConfig, type WebConfig } from '../../tell/http/web-config.ts';
import { createWebGate } from '../../tell/http/web-gate.ts';
import type { Logger } from '../../tell/log.ts';
import { loadWebConfig } from '../settings/web-config.ts';

/** The gates of an exporter, by one configuration. */
export interface WebGates {
  readonly config: WebConfig;
  /** Of the metrics listener. */
  readonly metrics: Gate;
  /** Of the admin listener; `hasTokens`: they say who may call, and users are not asked. */
  readonly admin: (hasTokens: boolean) => Gate;
}

/** Reads the file for the first time. Throws AppError where it cannot be used. */
export async function openWebGates(file: string, log: Logger): Promise<WebGates | undefined> {
  if (file === '') return undefined;
  const config = await keepWebConfig({
    load: () => loadWebConfig(file),
    look: (files) => stampFiles(files, systemClock()),
    now: systemClock,
    report: (problem) => {
      if (problem === undefined) log.info({ file }, 'web configuration reloaded');
      else log.error({}, `${problem} (the old web configuration stays in force)`);
    },
  });
  const compare = passwordComparer();
  const settings = await config.current();
  log.info(
    {
      file,
      tls: settings.tls !== undefined,
      client_certificates: settings.tls?.clientAuth ?? 'NoClientCert',
      users: settings.users.size,
    },
    'web configuration',
  );
  return {
    config,
    metrics: createWebGate(config, { compare }),
    admin: (hasTokens) => createWebGate(config, { compare, asksUsers: !hasTokens }),
  };
}
