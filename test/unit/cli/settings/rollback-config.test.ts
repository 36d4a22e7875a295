/** The rollback section of the configuration: parsed strictly, mistakes named, and off by default. */
import { describe, expect, it } from 'vitest';
import { configSchema, parseConfig } from '../../../../src/cli/settings/config-file.ts';
import { rollbackLines, rollbackSettingsOf } from '../../../../src/cli/settings/rollback-settings.ts';
import { configLimits } from '../../../../src/cli/settings/strict-yaml.ts';
import { noPolicy } from '../../../../src/undo/policy.ts';

const read = (text: string) =>
  rollbackSettingsOf(parseConfig(configSchema, text, 'godrift.yml', configLimits));

describe('rollback in the configuration', () => {
  it('is off by default', () => {
    expect(read('interval: 1s')).toEqual({ rollback: noPolicy });
    expect(read('rollback: {}').rollback).toEqual(noPolicy);
    expect(noPolicy.mode).toBe('off');
    expect(rollbackLines(read(''))[0]).toBe('rollback: off');
    const tried = rollbackLines(read('rollback: { preflight: build }'));
    expect(tried).toContain('rollback preflight: go build, at most 300s');
    expect(read('rollback: { download: false }').rollback).toEqual(noPolicy);
    expect(rollbackLines(read('rollback: { download: true }'))).toContain(
      'rollback download: a release that a plan needs, by go',
    );
  });

  it('is read completely', () => {
    const { rollback, poll, admin } = read(`
rollback:
  mode: auto
  allow: [{ target: api, facets: [env] }, { pattern: ci-.*, facets: [env, toolchain] }]
  cooldown: 5m
  attempts: { max: 2, within: 1h }
  windows: { allow: [mon-fri 08:00-18:00 Europe/Berlin], deny: [fri 16:00-24:00] }
  minimum_go: "1.24"
  preflight: vet
  preflight_timeout: 90s
  download: true
  breaker: { share: 0.5, at_least: 3 }
  quarantine: 1d
  approval_expiry: 2h
  poll: { alertmanager: "http://alertmanager:9093", interval: 30s }
admin: { listen: "0.0.0.0:9465", tokens: [{ file: /etc/token, scope: rollback }] }
`);
    expect(rollback).toMatchObject({
      mode: 'auto',
      allow: [{ target: 'api', facets: ['env'] }, { pattern: 'ci-.*' }],
      cooldownMs: 300_000,
      attempts: { max: 2, withinMs: 3_600_000 },
      windows: { allow: [{ from: 480, zone: 'Europe/Berlin' }], deny: [{ days: [4], zone: 'UTC' }] },
      minimumGo: '1.24',
      trial: { command: 'vet', limitMs: 90_000 },
      download: true,
      breaker: { share: 0.5, atLeast: 3 },
      quarantineMs: 86_400_000,
      approvalExpiryMs: 7_200_000,
    });
    expect(poll).toEqual({ alertmanager: 'http://alertmanager:9093', intervalMs: 30_000 });
    expect(admin).toEqual({ listen: '0.0.0.0:9465', tokens: [{ file: '/etc/token', scope: 'rollback' }] });
  });

  it.each([
    ['rollback: { mode: always }', 'rollback.mode'],
    ['rollback: { mode: auto }', 'rollback.allow is missing'],
    ['rollback: { mode: auto, allow: [] }', 'rollback.allow is missing'],
    ['rollback: { modes: auto }', 'unknown keys: modes'],
    ['rollback: { allow: [{ target: a, pattern: b, facets: [env] }] }', 'needs a target or a pattern'],
    ['rollback: { allow: [{ facets: [env] }] }', 'needs a target or a pattern'],
    ['rollback: { allow: [{ target: a, facets: [] }] }', 'rollback.allow.0.facets'],
    ['rollback: { allow: [{ target: a, facets: [tools] }] }', 'rollback.allow.0.facets'],
    ['rollback: { allow: [{ pattern: (a+)+, facets: [env] }] }', 'rollback.allow.0.pattern'],
    ['rollback: { cooldown: soon }', 'rollback.cooldown is no duration'],
    ['rollback: { cooldown: 31d }', 'rollback.cooldown is no duration'],
    ['rollback: { attempts: { max: 0, within: 1h } }', 'rollback.attempts.max'],
    ['rollback: { windows: { deny: [weekend] } }', 'rollback.windows.deny.0 does not begin with daily'],
    ['rollback: { minimum_go: go1 }', 'rollback.minimum_go is no Go version'],
    ['rollback: { preflight: run }', 'rollback.preflight'],
    ['rollback: { preflight: vet, preflight_timeout: 31m }', 'rollback.preflight_timeout is no duration'],
    ['rollback: { download: yes please }', 'rollback.download'],
    ['rollback: { breaker: { share: 2 } }', 'rollback.breaker.share'],
    ['rollback: { poll: { alertmanager: "file:///etc" } }', 'rollback.poll.alertmanager'],
    ['rollback: { poll: { alertmanager: "http://a:b@c" } }', 'rollback.poll.alertmanager'],
    ['admin: { listen: "127.0.0.1:1", tokens: [{ file: token, scope: rollback }] }', 'no absolute path'],
    ['admin: { listen: "127.0.0.1:1", tokens: [{ file: /t, scope: all }] }', 'admin.tokens.0.scope'],
    ['admin: { listen: ":9465" }', 'anybody who reaches it'],
    ['targets: [{ name: a, confirm_within: 2d }]', 'targets.0.confirm_within is no duration'],
    ['targets: [{ name: a, confirm_command: [/bin/true] }]', 'confirm_command needs confirm_within'],
    ['targets: [{ name: a, confirm_within: 1h, confirm_command: [make] }]', 'no absolute path of a program'],
  ])('refuses %s', (text, why) => {
    expect(() => read(text)).toThrow(why);
  });
});
