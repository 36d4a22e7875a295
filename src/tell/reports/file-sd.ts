/**
 * An exporter as a target of Prometheus, in the format of `file_sd_configs`: where a port is not known before, as of jobs that share a host, the
 * exporter says itself where it is scraped.
 */

/** Where an exporter is scraped. */
export interface Announced {
  /** `host:port`, as Prometheus is to reach it. */
  readonly instance: string;
  readonly isTls: boolean;
  readonly telemetryPath: string;
  readonly version: string;
}

/** The first bytes of a file. Prometheus drops labels that begin so once it has relabelled (its documentation: `__meta_`). */
const firstBytes = '[{"labels":{"__meta_godrift_version":';

/** By what a file is told from anybody's: what does not begin so is never replaced or removed. */
export const ourFileSd = {
  bytes: firstBytes.length,
  is: (text: string) => text === firstBytes,
};

/** The file: one target, with what Prometheus has to know to scrape it. Certificates and passwords are the scrape configuration's. */
export function fileSd({ instance, isTls, telemetryPath, version }: Announced): string {
  const labels = {
    __meta_godrift_version: version,
    __metrics_path__: telemetryPath,
    __scheme__: isTls ? 'https' : 'http',
  };
  return `${JSON.stringify([{ labels, targets: [instance] }])}\n`;
}
