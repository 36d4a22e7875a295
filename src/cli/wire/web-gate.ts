/**
 * Wires the gates in front of both listeners (TLS, users) to the web configuration file. Without a file there
 * is no gate.
 */
import { stampFiles } from '../../host/file-stamps.ts';
import { systemClock } from '../../host/machine.ts';
import { passwordComparer } from '../../tell/http/compare-password.ts';
import type { Gate } from '../../tell/http/server.ts';
import type { RefusedCertificate } from '../../tell/http/tls-handshake.ts';
import { keepWebConfig, type WebConfig } from '../../tell/http/web-config.ts';
import { createWebGate } from '../../tell/http/web-gate.ts';
import type { Logger } from '../../tell/log.ts';
import type { Settings } from '../settings/settings.ts';

/** The gates of an exporter, which share one web configuration. */
export interface WebGates {
  readonly config: WebConfig;
  /** The gate of the metrics listener. */
  readonly metrics: Gate;
  /**
   * Creates the gate of the admin listener. With `hasTokens` the tokens authenticate callers, and users are
   * not checked.
   */
  readonly admin: (hasTokens: boolean) => Gate;
}

/** A rejected client tries again at each scrape, so that a reason is logged only once in this time, ms. */
const refusalEveryMs = 60_000;

/**
 * Logs rejected client certificates: each reason once a minute, with the first client that had it. The
 * reasons are bounded by the error codes of OpenSSL.
 */
export function logRejected(log: Logger, now: () => number): RefusedCertificate {
  const said = new Map<string, number>();
  return (why, address) => {
    const time = now();
    const last = said.get(why);
    if (last !== undefined && time >= last && time - last < refusalEveryMs) return;
    said.set(why, time);
    log.warn({ client: address }, `client certificate rejected: ${why}`);
  };
}

/**
 * Reads the web configuration file and creates the gates; undefined if no file is configured. Throws AppError
 * if the file is invalid.
 */
export async function openWebGates(
  { webConfigFile: file, explained }: Pick<Settings, 'webConfigFile' | 'explained'>,
  log: Logger,
): Promise<WebGates | undefined> {
  if (file === '') return undefined;
  const namedBy = explained['web.config.file'].from;
  // Imported on demand: most exporters have no such file, and the reader (YAML, schemas) would stay in
  // memory.
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
  const refused = logRejected(log, systemClock);
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
