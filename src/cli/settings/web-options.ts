/** Settings of the metrics listener: its addresses, its access rules, and its pages. */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { evaluateAll } from './mistakes.ts';
import { type Setting, switchOf, telemetryPathOf, wholeNumberOf } from './setting-values.ts';

/** Settings of the listener. */
export interface WebOptions {
  /** Addresses as `host:port`; ignored if systemd passes sockets. */
  readonly listenAddresses: readonly string[];
  readonly systemdSocket: boolean;
  /** Absolute path of the web configuration file; `''` for none. */
  readonly webConfigFile: string;
  readonly telemetryPath: string;
  /** Most scrapes that are answered at the same time; 0 for no limit. */
  readonly maxRequests: number;
  /** Omits the metrics `process_*` and `nodejs_*`. */
  readonly disableExporterMetrics: boolean;
}

type WebKey =
  | 'web.listen_address'
  | 'web.systemd_socket'
  | 'web.config.file'
  | 'web.telemetry_path'
  | 'web.max_requests'
  | 'web.disable_exporter_metrics';

/** Most addresses of one listener. */
const mostAddresses = 16;
/** Largest accepted limit: a listener never has more connections open. */
const mostRequests = 10_000;

/** Returns the addresses to listen on. Throws AppError for an invalid one. */
function addressesOf({ value, from }: Setting): readonly string[] {
  const addresses = value.split(',').map((one) => one.trim());
  for (const one of addresses) parseListenAddress(one, from);
  if (addresses.length > mostAddresses)
    throw new AppError('cannot listen', `there are more than ${mostAddresses} addresses`, `correct ${from}`);
  return addresses;
}

/**
 * Returns the settings of a listener that is started in `cwd`. Throws AppError for bad values, whatever their
 * source.
 */
export function webOptionsOf(explained: Readonly<Record<WebKey, Setting>>, cwd: string): WebOptions {
  const file = explained['web.config.file'].value;
  const switchAt = (key: WebKey) => switchOf(explained[key], key);
  return evaluateAll<WebOptions>({
    listenAddresses: () => addressesOf(explained['web.listen_address']),
    systemdSocket: () => switchAt('web.systemd_socket'),
    webConfigFile: () => (file === '' ? '' : path.resolve(cwd, file)),
    telemetryPath: () => telemetryPathOf(explained['web.telemetry_path']),
    maxRequests: () => wholeNumberOf(explained['web.max_requests'], 'web.max_requests', mostRequests),
    disableExporterMetrics: () => switchAt('web.disable_exporter_metrics'),
  });
}
