/**
 * Interprets `rollback` and `admin` of a configuration. Without them godrift changes nothing on its own and
 * accepts no requests over the network.
 */
import { type AdminSettings, checkAdmin } from '../../tell/admin/admin-tokens.ts';
import { noPolicy, type RollbackPolicy } from '../../undo/policy.ts';
import { parseWindow, type TimeWindow } from '../../undo/windows.ts';
import { parseDuration } from './duration.ts';
import type { AdminFile, RollbackFile } from './rollback-config.ts';

/** Polling of an Alertmanager for alerts, so that no port has to be opened on the hosts of a fleet. */
export interface PollSettings {
  readonly alertmanager: string;
  readonly intervalMs: number;
  /** The `instance` label that alerts of this exporter carry; undefined where it is not configured. */
  readonly instance?: string;
}

/** The settings that concern rollbacks. */
export interface RollbackSettings {
  readonly rollback: RollbackPolicy;
  readonly poll?: PollSettings;
  readonly admin?: AdminSettings;
}

const windowsOf = (texts: readonly string[] = []): readonly TimeWindow[] =>
  texts.map(parseWindow).filter((one) => typeof one !== 'string');

/** Parses a duration that the schema has already checked. */
const ms = (text: string | undefined, otherwise: number) =>
  text === undefined ? otherwise : (parseDuration(text) ?? otherwise);

function policyOf(file: RollbackFile): RollbackPolicy {
  const { mode, allow, attempts, breaker, windows, minimum_go: minimumGo } = file;
  return {
    mode,
    ...(allow === undefined
      ? {}
      : {
          allow: allow.map(({ target, pattern, facets }) => ({
            facets,
            ...(target === undefined ? {} : { target }),
            ...(pattern === undefined ? {} : { pattern }),
          })),
        }),
    cooldownMs: ms(file.cooldown, noPolicy.cooldownMs),
    attempts:
      attempts === undefined
        ? noPolicy.attempts
        : { max: attempts.max, withinMs: ms(attempts.within, noPolicy.attempts.withinMs) },
    windows: { allow: windowsOf(windows?.allow), deny: windowsOf(windows?.deny) },
    ...(minimumGo === undefined ? {} : { minimumGo }),
    ...(file.preflight === 'off'
      ? {}
      : { trial: { command: file.preflight, limitMs: ms(file.preflight_timeout, 5 * 60_000) } }),
    ...(file.download ? { download: true as const } : {}),
    breaker: breaker === undefined ? noPolicy.breaker : { share: breaker.share, atLeast: breaker.at_least },
    quarantineMs: ms(file.quarantine, noPolicy.quarantineMs),
    approvalExpiryMs: ms(file.approval_expiry, noPolicy.approvalExpiryMs),
  };
}

/**
 * Returns the settings of a configuration. Throws AppError if anybody could send requests ({@link
 * checkAdmin}).
 */
export function rollbackSettingsOf(
  file: { readonly rollback?: RollbackFile | undefined; readonly admin?: AdminFile | undefined } = {},
): RollbackSettings {
  const { rollback, admin } = file;
  const poll = rollback?.poll;
  if (admin !== undefined) checkAdmin(admin);
  return {
    rollback: rollback === undefined ? noPolicy : policyOf(rollback),
    ...(poll === undefined
      ? {}
      : {
          poll: {
            alertmanager: poll.alertmanager,
            intervalMs: ms(poll.interval, 15_000),
            ...(poll.instance === undefined ? {} : { instance: poll.instance }),
          },
        }),
    ...(admin === undefined ? {} : { admin }),
  };
}

const span = (duration: number) =>
  duration % 3_600_000 === 0 && duration > 0 ? `${duration / 3_600_000}h` : `${duration / 1000}s`;

/** Formats the settings as the lines of `config explain`. */
export function rollbackLines({ rollback, poll, admin }: RollbackSettings): readonly string[] {
  const { mode, allow, cooldownMs, attempts, windows, breaker, minimumGo, trial, download } = rollback;
  const allowed = (allow ?? []).map(
    ({ target, pattern, facets }) => `${target ?? `/${pattern}/`} (${facets.join(', ')})`,
  );
  const list = (name: string, values: readonly string[]) =>
    values.length === 0 ? [] : [`${name}: ${values.join('; ')}`];
  return [
    `rollback: ${mode}`,
    ...list('rollback allow', allowed),
    `rollback guards: cool-down ${span(cooldownMs)}, ${attempts.max} attempts within ${span(attempts.withinMs)}, breaker above ${breaker.share * 100} % and ${breaker.atLeast} targets, quarantine ${span(rollback.quarantineMs)}, approvals expire after ${span(rollback.approvalExpiryMs)}${minimumGo === undefined ? '' : `, no Go before ${minimumGo}`}`,
    ...list(
      'rollback preflight',
      trial === undefined ? [] : [`go ${trial.command}, at most ${span(trial.limitMs)}`],
    ),
    ...list('rollback download', download === true ? ['a release that a plan needs, by go'] : []),
    ...list('rollback windows', [
      ...windows.allow.map(({ text }) => `allow ${text}`),
      ...windows.deny.map(({ text }) => `deny ${text}`),
    ]),
    ...(poll === undefined ? [] : [`rollback poll: ${poll.alertmanager} every ${span(poll.intervalMs)}`]),
    ...(admin === undefined
      ? []
      : [`admin: ${admin.listen}, ${admin.tokens.map(({ scope }) => scope).join(', ') || 'no'} tokens`]),
  ];
}
