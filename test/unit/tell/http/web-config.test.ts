import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../src/catalog/errors.ts';
import { keepWebConfig, type LoadedWebConfig } from '../../../../src/tell/http/web-config.ts';
import { openSettings, type TlsSettings, weakenedBy } from '../../../../src/tell/http/web-settings.ts';

const tls: TlsSettings = {
  cert: 'c',
  key: 'k',
  clientAuth: 'NoClientCert',
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
};
const alice = new Map([['alice', 'hash']]);

/** A configuration whose file a test writes: `files` is its content, and the stamp is its number. */
async function kept(first: LoadedWebConfig['settings']) {
  const world = {
    settings: first as LoadedWebConfig['settings'] | Error,
    stamp: 1,
    settled: true,
    now: 1_000_000,
    loads: 0,
    look: undefined as Promise<never> | undefined,
  };
  const reports: (string | undefined)[] = [];
  const config = await keepWebConfig({
    load: () => {
      world.loads++;
      if (world.settings instanceof Error) throw world.settings;
      return { settings: world.settings, files: ['/web.yml'] };
    },
    look: async () => (await world.look) ?? { stamp: String(world.stamp), settled: world.settled },
    now: () => world.now,
    report: (problem) => reports.push(problem),
  });
  const write = (settings: typeof world.settings) => {
    world.settings = settings;
    world.stamp++;
  };
  return { world, reports, config, write };
}

describe('the protections that a new web configuration would remove', () => {
  it('are listed', () => {
    const strict = {
      ...openSettings,
      users: alice,
      tls: { ...tls, clientAuth: 'RequireAndVerifyClientCert', allowedSans: ['a'] },
    } as const;
    expect(weakenedBy(strict, openSettings)).toEqual([
      'TLS',
      'the demand for client certificates',
      'client_allowed_sans',
      'basic_auth_users',
    ]);
    expect(
      weakenedBy(strict, { ...strict, tls: { ...strict.tls, clientAuth: 'VerifyClientCertIfGiven' } }),
    ).toEqual(['the demand for client certificates']);
    expect(weakenedBy(openSettings, strict)).toEqual([]);
    expect(weakenedBy(strict, { ...strict, users: new Map([['bob', 'other']]) })).toEqual([]);
  });
});

describe('the web configuration in force', () => {
  it('changes from the next request on, and is read only when its files changed', async () => {
    const { world, config, write, reports } = await kept({ ...openSettings, users: alice });
    const { loads } = world;
    for (let n = 0; n < 5; n++) expect((await config.current()).users).toBe(alice);
    expect(world.loads).toBe(loads);
    const bob = new Map([['bob', 'hash']]);
    write({ ...openSettings, users: bob });
    world.now += 5_000;
    expect((await config.current()).users).toBe(bob);
    expect(config.state()).toEqual({ ok: true, loadedAt: world.now });
    expect(reports).toEqual([undefined]);
  });

  it('stays in force when the file is broken, which is reported once, and recovers', async () => {
    const { world, config, write, reports } = await kept({ ...openSettings, users: alice });
    write(new AppError('cannot use /web.yml', 'it is empty', 'correct it'));
    for (let n = 0; n < 3; n++) expect((await config.current()).users).toBe(alice);
    expect(config.state().ok).toBe(false);
    expect(reports).toEqual(['cannot use /web.yml: it is empty; correct it']);
    // A file that it names may come later: the file itself does not change then.
    world.settings = { ...openSettings, users: alice };
    world.now += 1_000;
    await config.current();
    expect(config.state().ok).toBe(true);
    expect(reports).toHaveLength(2);
  });

  it('never loses a protection', async () => {
    const { config, write, reports } = await kept({ ...openSettings, tls, users: alice });
    write({ ...openSettings, tls });
    expect((await config.current()).users).toBe(alice);
    expect(config.state().ok).toBe(false);
    expect(reports[0]).toMatch(/would switch off basic_auth_users; restart godrift/);
  });

  it('is read again while a change could be missed, without reporting the same twice', async () => {
    const { world, config, reports } = await kept({ ...openSettings, users: alice });
    world.settled = false;
    const { loads } = world;
    await config.current();
    world.settled = true;
    await config.current();
    await config.current();
    expect(world.loads).toBe(loads + 2);
    expect(reports).toEqual([]);
  });

  it('does not block when the disk hangs', async () => {
    const { world, config } = await kept({ ...openSettings, users: alice });
    world.look = new Promise(() => {});
    expect((await config.current()).users).toBe(alice);
  });

  it('must be usable at the start', async () => {
    await expect(kept(Object.assign(new AppError('a', 'b', 'c')) as never)).rejects.toThrow('a: b; c');
  });
});
