/**
 * Parsers for setting values, whatever their source. Each throws AppError that names the source of an invalid
 * value.
 */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { type Facet, facets, isFacet } from '../../catalog/facets.ts';
import type { EventLogSettings } from '../../tell/events/event-log.ts';
import { isOwnPath } from '../../tell/own-paths.ts';
import { parseDuration } from './duration.ts';
import { parseSize } from './size.ts';

/** A value with its source. */
export interface Setting {
  readonly value: string;
  readonly source: 'flag' | 'environment' | 'file' | 'default';
  readonly from: string;
}

/** Two journal segments, because only whole segments are dropped. */
const unsentLimitFloorBytes = 16 * 1024 * 1024;

/** The largest number of targets that was measured with one exporter process. */
const mostFound = 2_000;

function refuse(setting: Setting, what: string, why: string): never {
  throw new AppError(`cannot use ${what}`, why, `correct ${setting.from}`);
}

/** Returns the time between passes, in ms. */
export function intervalOf(setting: Setting): number {
  const ms = parseDuration(setting.value);
  if (ms === undefined || ms < 100 || ms > 86_400_000)
    refuse(setting, `interval ${setting.value}`, 'it is no duration between 100ms and 24h');
  return ms;
}

/** Returns the most targets that patterns may find. */
export function targetLimitOf(setting: Setting): number {
  const limit = Number(setting.value);
  if (!/^\d+$/.test(setting.value) || limit > mostFound)
    refuse(setting, `target_limit ${setting.value}`, `it is no number up to ${mostFound}`);
  return limit;
}

/** Returns how many bytes of the journal may wait for the trace endpoint. */
export function unsentLimitOf(setting: Setting): number {
  const bytes = parseSize(setting.value);
  if (bytes === undefined || bytes < unsentLimitFloorBytes)
    refuse(setting, `journal.unsent_limit ${setting.value}`, 'it is no size of at least 16MiB');
  return bytes;
}

/** Returns the absolute path of the file through which Prometheus discovers this exporter; `''` for none. */
export function fileSdOf(setting: Setting, cwd: string): string {
  if (setting.value === '') return '';
  if (!setting.value.endsWith('.json'))
    refuse(setting, `file_sd ${setting.value}`, 'its name does not end in .json, as Prometheus wants it');
  return path.resolve(cwd, setting.value);
}

/** Characters that no router or URL parser treats specially. */
const plainPath = /^(\/[A-Za-z0-9._~-]+)+$/;

/** Returns the path of the metrics page. */
export function telemetryPathOf(setting: Setting): string {
  const what = `web.telemetry_path ${setting.value}`;
  if (isOwnPath(setting.value))
    refuse(setting, what, 'the path belongs to another page: the status page, /probe, or one below /-/');
  if (!plainPath.test(setting.value))
    refuse(setting, what, 'it is no path such as /metrics, of letters, digits and . _ ~ -');
  return setting.value;
}

/** Parses `true` or `false`. */
export function switchOf(setting: Setting, what: string): boolean {
  if (setting.value !== 'true' && setting.value !== 'false')
    refuse(setting, `${what} ${setting.value}`, 'it is neither true nor false');
  return setting.value === 'true';
}

/** Parses a whole number from 0 to `most`. */
export function wholeNumberOf(setting: Setting, what: string, most: number): number {
  if (!/^\d{1,9}$/.test(setting.value) || Number(setting.value) > most)
    refuse(setting, `${what} ${setting.value}`, `it is no number up to ${most}`);
  return Number(setting.value);
}

/** Checks a value against a list of allowed values. */
export function choiceOf(setting: Setting, allowed: readonly string[], what: string): string {
  if (!allowed.includes(setting.value))
    refuse(setting, `${what} ${setting.value}`, `it is none of ${allowed.join(', ')}`);
  return setting.value;
}

/** Parses a comma-separated list of facets. */
export function facetsOf(setting: Setting): readonly Facet[] {
  const named = setting.value.split(',').filter(Boolean);
  if (!named.every(isFacet))
    refuse(setting, `${setting.value} as a collector`, `there are ${facets.join(', ')}`);
  if (facets.every((facet) => named.some((one) => one === facet)))
    refuse(setting, 'an exporter without a collector', 'all of them are disabled');
  return named as readonly Facet[];
}

/** Smallest event log, bytes: a few dozen lines. */
const eventLogFloorBytes = 64 * 1024;
const mostEventLogs = 1000;

/** Returns the event log of an exporter that is started in `cwd`; undefined if none is configured. */
export function eventLogOf(
  explained: Readonly<Record<'event_log.file' | 'event_log.max_size' | 'event_log.keep', Setting>>,
  cwd: string,
): EventLogSettings | undefined {
  const size = explained['event_log.max_size'];
  const maxBytes = parseSize(size.value);
  if (maxBytes === undefined || maxBytes < eventLogFloorBytes)
    refuse(size, `event_log.max_size ${size.value}`, 'it is no size of at least 64KiB');
  const kept = explained['event_log.keep'];
  const keep = /^\d{1,4}$/.test(kept.value) ? Number(kept.value) : 0;
  if (keep < 1 || keep > mostEventLogs)
    refuse(kept, `event_log.keep ${kept.value}`, `it is no number from 1 to ${mostEventLogs}`);
  const file = explained['event_log.file'].value;
  return file === '' ? undefined : { file: path.resolve(cwd, file), maxBytes, keep };
}
