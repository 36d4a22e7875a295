/** The gate in front of both listeners, by the web configuration file; none where no file is named. */
import { stampFiles } from '../../host/file-stamps.ts';
import { systemClock } from '../../host/machine.ts';
import { passwordComparer } from '../../tell/http/compare-password.ts';
import type { Gate } from '../../tell/http/server.ts';
import type { RefusedCertificate } from '../../tell/http/tls-door.ts';
import { keepWebConfig, type WebConfig } from '../../tell/http/web-config.ts';
import { createWebGate } from '../../tell/http/web-gate.ts';
import type { Logger } from '../../tell/log.ts';
import type { Settings } from '../settings/settings.ts';

/** The gates of an exporter, by one configuration. */
export interface WebGates {
  readonly config: WebConfig;
  /** Of the metrics listener. */
  readonly metrics: Gate;
  /** Of the admin listener; `hasTokens`: they say who may call, and users are not asked. */
  readonly admin: (hasTokens: boolean) => Gate;
}

/** A client that is turned away tries again at each scrape: a reason is a line of the log once in this time, ms. */
const refusalEveryMs = 60_000;

/** Logs client certificates that are not taken, each reason with the client that had it first in a minute: there are as many reasons as codes of OpenSSL. */
export function sayRefused(log: Logger, now: () => number): RefusedCertificate {
  const said = new Map<string, number>();
  return (why, address) => {
    const time = now();
    const last = said.get(why);
    if (last !== undefined && time >= last && time - last < refusalEveryMs) return;
    said.set(why, time);
    log.warn({ client: address }, `a client certificate is not taken: ${why}`);
  };
}

/** Reads the file for the first time. Throws AppError where it cannot be used. */
export async function openWebGates(
  { webConfigFile: file, explained }: Pick<Settings, 'webConfigFile' | 'explained'>,
  log: Logger,
): Promise<WebGates | undefined> {
  if (file === '') return undefined;
  const namedBy = explained['web.config.file'].from;
  // Most exporters have no such file, and what reads it (YAML, schemas) would stay in their memory.
  const { loadWebConfig } = await import('../settings/web-config.ts');
  const config = await keepWebConfig({
    load: () => loadWebConfig(file, namedBy),
    look: (files) => stampFiles(files, systemClock()),
    now: systemClock,
    report: (problem) => {
      if (problem === undefined) log.info({ file }, 'web configuration reloaded');
      else log.error({}, `${problem} (the old web configuration stays in force)`);
    },
  });
  const compare = passwordComparer();
  const refused = sayRefused(log, systemClock);
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
    metrics: createWebGate(config, { compare, refused }),
    admin: (hasTokens) => createWebGate(config, { compare, refused, asksUsers: !hasTokens }),
  };
}
