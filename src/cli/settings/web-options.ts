/** What settings say of the metrics listener: where it listens, how it is reached, what it answers. */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { parseListenAddress } from '../../tell/listen-address.ts';
import { type Setting, switchOf, telemetryPathOf, wholeNumberOf } from './setting-values.ts';

/** Settings of the listener. */
export interface WebOptions {
  /** `host:port` each; none is used where systemd hands sockets over. */
  readonly listenAddresses: readonly string[];
  readonly systemdSocket: boolean;
  /** Absolute path of the web configuration file; `''` for none. */
  readonly webConfigFile: string;
  readonly telemetryPath: string;
  /** Scrapes that are answered at the same time; 0: as many as come. */
  readonly maxRequests: number;
  /** Leaves `process_*` and `nodejs_*` out. */
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
/** No limit is asked for that is larger than what a listener has open at all. */
const mostRequests = 10_000;

/** The settings of a listener that is started in `cwd`. Throws AppError for a bad value, whatever its source. */
export function webOptionsOf(explained: Readonly<Record<WebKey, Setting>>, cwd: string): WebOptions {
  const address = explained['web.listen_address'];
  const listenAddresses = address.value.split(',').map((one) => one.trim());
  for (const one of listenAddresses) parseListenAddress(one, address.from);
  if (listenAddresses.length > mostAddresses)
    throw new AppError(
      'cannot listen',
      `there are more than ${mostAddresses} addresses`,
      `correct ${address.from}`,
    );
  const file = explained['web.config.file'].value;
  return {
    listenAddresses,
    systemdSocket: switchOf(explained['web.systemd_socket'], 'web.systemd_socket'),
    webConfigFile: file === '' ? '' : path.resolve(cwd, file),
    telemetryPath: telemetryPathOf(explained['web.telemetry_path']),
    maxRequests: wholeNumberOf(explained['web.max_requests'], 'web.max_requests', mostRequests),
    disableExporterMetrics: switchOf(
      explained['web.disable_exporter_metrics'],
      'web.disable_exporter_metrics',
    ),
  };
}
