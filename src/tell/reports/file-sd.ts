/**
 * Announces an exporter to Prometheus in the format of `file_sd_configs`. If its port is not known in
 * advance, as for jobs that share a host, the exporter itself says where it can be scraped.
 */

/** Where and how to scrape an exporter. */
export interface ScrapeTarget {
  /** `host:port` as seen by Prometheus. */
  readonly instance: string;
  readonly isTls: boolean;
  readonly telemetryPath: string;
  readonly version: string;
}

/** Start of each file. Prometheus drops `__meta_` labels after relabelling (its documentation). */
const firstBytes = '[{"labels":{"__meta_godrift_version":';

/** Recognizes files written by godrift. A file that starts otherwise is never replaced or removed. */
export const ourFileSd = {
  bytes: firstBytes.length,
  is: (text: string) => text === firstBytes,
};

/**
 * Renders the file: one target with the labels that Prometheus needs to scrape it. Certificates and passwords
 * belong into the scrape configuration.
 */
export function fileSd({ instance, isTls, telemetryPath, version }: ScrapeTarget): string {
  const labels = {
    __meta_godrift_version: version,
    __metrics_path__: telemetryPath,
    __scheme__: isTls ? 'https' : 'http',
  };
  return `${JSON.stringify([{ labels, targets: [instance] }])}\n`;
}
