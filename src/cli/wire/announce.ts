/** `serve --file-sd`: the file by which a Prometheus finds this exporter, from when it listens until it stops. */
import { AppError } from '../../catalog/errors.ts';
import { readMachine } from '../../host/machine.ts';
import { fileSd, ourFileSd } from '../../tell/reports/file-sd.ts';
import { version } from '../version.ts';
import { ownInstance } from './asking.ts';
import type { Exporter } from './exporter.ts';
import { type KeptFile, keepFile } from './kept-file.ts';
import { sayOnce } from './say-once.ts';
import type { WebGates } from './web-gate.ts';

/** A socket without a port, as systemd may hand over (AF_UNIX): nothing that Prometheus scrapes. */
const hasPort = (address: string) => /:\d+$/.test(address);

/**
 * Keeps the file; undefined where none is asked for. `addresses` are those that it listens at, of which the first is named: more would be scraped
 * twice. Throws AppError where none has a port.
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
      'it listens at no address with a port',
      'give one with --web.listen-address, or leave file_sd out',
    );
  const instance = ownInstance(address, readMachine().hostname);
  const say = sayOnce(log);
  return keepFile(file, ourFileSd, {
    text: async () => {
      const isTls = (await gates?.config.current())?.tls !== undefined;
      return fileSd({ instance, isTls, telemetryPath, version });
    },
    intervalMs: () => settings.intervalMs,
    problem: (why) => say('file_sd', why),
  });
}
