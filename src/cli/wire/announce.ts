/**
 * `serve --file-sd`: a file-based service discovery file for Prometheus that exists as long as this exporter
 * listens.
 */
import { AppError } from '../../catalog/errors.ts';
import { readMachine } from '../../host/machine.ts';
import { fileSd, ourFileSd } from '../../tell/reports/file-sd.ts';
import { version } from '../version.ts';
import { ownInstance } from './alert-sources.ts';
import type { Exporter } from './exporter.ts';
import { type KeptFile, keepFile } from './kept-file.ts';
import { warnOnce } from './warn-once.ts';
import type { WebGates } from './web-gate.ts';

/** Rejects sockets without a port, such as an AF_UNIX socket from systemd: Prometheus cannot scrape them. */
const hasPort = (address: string) => /:\d+$/.test(address);

/**
 * Keeps the service discovery file up to date; returns undefined if no file is configured. Only the first of
 * the listen `addresses` that has a port is written, since Prometheus would scrape several addresses as
 * several instances. Throws AppError if no address has a port.
 */
export function announce(
  { settings, log }: Exporter,
  addresses: readonly string[],
  gates: WebGates | undefined,
): KeptFile | undefined {
  const { fileSd: file, telemetryPath } = settings;
  if (file === '') return undefined;
  const address = addresses.find(hasPort);
  if (address === undefined)
    throw new AppError(
      'cannot write file_sd',
      'the exporter listens on no address with a port',
      'add one with --web.listen-address, or remove file_sd',
    );
  const instance = ownInstance(address, readMachine().hostname);
  const say = warnOnce(log);
  return keepFile(file, ourFileSd, {
    text: async () => {
      const isTls = (await gates?.config.current())?.tls !== undefined;
      return fileSd({ instance, isTls, telemetryPath, version });
    },
    intervalMs: () => settings.intervalMs,
    problem: (why) => say('file_sd', why),
  });
}
