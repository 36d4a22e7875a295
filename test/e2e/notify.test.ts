/**
 * `godrift check --notify` against a real Alertmanager and a local HTTP receiver: what is sent, how often,
 * and what must never be sent.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { eventually, godrift, makeWorld, type World } from '../lab/godrift.ts';
import { type Answer, type Received, type Receiver, startReceiver } from '../lab/receiver.ts';
import { startAlertmanager } from '../lab/servers.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const open: Receiver[] = [];

async function receiver(answer?: (request: Received, index: number) => Answer): Promise<Receiver> {
  const one = await startReceiver(answer);
  open.push(one);
  return one;
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

const pins = (version: string) => ({
  'go.mod': 'module example.com/app\n\ngo 1.21\n',
  '.go-version': `${version}\n`,
});
const heal = (world: World) => writeFileSync(join(world.workspace, '.go-version'), '1.27\n');
const check = (world: World, ...args: string[]) => godrift(world, ['check', ...args]);

describe('Alertmanager', async () => {
  const server = await startAlertmanager({ config: 'route: {receiver: none}\nreceivers: [{name: none}]\n' });
  afterAll(() => server.stop());
  const alerts = async () =>
    (await fetch(`${server.url}/api/v2/alerts`)).json() as Promise<
      {
        labels: Record<string, string>;
        annotations: Record<string, string>;
        startsAt: string;
        endsAt: string;
      }[]
    >;

  it('gets one alert per finding, with the same labels each time, until the finding is resolved', async () => {
    const world = makeWorld(go127, pins('1.26'));
    const args = ['--notify', `alertmanager+${server.url}`, '--notify-window', '1h'];
    expect((await check(world, ...args)).exitCode).toBe(1);
    const [first] = await eventually('the alert', async () => {
      const found = await alerts();
      return found.length === 1 && found;
    });
    expect(first?.labels).toMatchObject({
      alertname: 'GodriftFinding',
      target: 'default',
      workspace: world.workspace,
      facet: 'toolchain',
      rule: 'pin-go-version',
      level: 'minor',
      severity: 'warning',
    });
    expect(first?.annotations).toMatchObject({
      expected: '1.26',
      actual: '1.27.4',
      origin: expect.stringContaining('.go-version:1'),
    });
    expect(Date.parse(first?.endsAt ?? '')).toBeGreaterThan(Date.now() + 3_600_000);
    // Without a change, nothing is sent within the window. In another window, the same alert is sent.
    expect((await check(world, ...args)).exitCode).toBe(1);
    expect((await alerts())[0]?.endsAt).toBe(first?.endsAt);
    await check(world, '--notify', `alertmanager+${server.url}`, '--notify-window', '0s');
    expect(await alerts()).toMatchObject([{ labels: first?.labels, startsAt: first?.startsAt }]);
    heal(world);
    const healed = await check(world, ...args);
    expect([healed.exitCode, healed.stderr]).toEqual([0, '']);
    await eventually('the end of the alert', async () => (await alerts()).length === 0);
  });
});

describe('a webhook', () => {
  it('gets each new finding once and its end once, with the token of a file in a header only', async () => {
    const world = makeWorld(go127, pins('1.26'));
    const hook = await receiver();
    writeFileSync(join(world.home, 'token'), 'tok3n-tok3n\n');
    const args = ['--notify', `${hook.url}/hook`, '--notify-token-file', join(world.home, 'token')];
    const first = await check(world, ...args);
    await check(world, ...args);
    expect(hook.received).toHaveLength(1);
    expect(hook.received[0]?.headers.authorization).toBe('Bearer tok3n-tok3n');
    expect(hook.received[0]?.json()).toMatchObject({
      schema: 'godrift.notification/1',
      status: 'firing',
      severity: 'warning',
      alerts: [{ status: 'firing', labels: { rule: 'pin-go-version' }, annotations: { expected: '1.26' } }],
      check: { schema: 'godrift.check/1', level: 'minor' },
    });
    writeFileSync(join(world.workspace, '.godrift.yml'), 'required: [GOPRIVATE]\n');
    await check(world, ...args);
    heal(world);
    writeFileSync(join(world.workspace, '.godrift.yml'), 'required: []\n');
    await check(world, ...args);
    await check(world, ...args);
    const told = hook.received.map((one) => one.json() as { status: string; alerts: { status: string }[] });
    expect(told.map(({ status, alerts }) => [status, ...alerts.map((one) => one.status)])).toEqual([
      ['firing', 'firing'],
      ['firing', 'firing', 'firing'],
      ['resolved', 'resolved', 'resolved'],
    ]);
    const kept = readdirSync(join(world.state, 'notified')).map(
      (name) => name + readFileSync(join(world.state, 'notified', name), 'utf8'),
    );
    expect(first.stdout + first.stderr + kept.join('')).not.toContain('tok3n');
  });

  it('gets the ends of both workspaces that were checked concurrently', async () => {
    const [one, other] = [makeWorld(go127, pins('1.26')), makeWorld(go127, pins('1.26'))];
    const hook = await receiver();
    const state = { GODRIFT_STATE_DIRECTORY: one.state };
    const both = () =>
      Promise.all([one, other].map((world) => godrift(world, ['check', '--notify', hook.url], state)));
    await both();
    for (const world of [one, other]) heal(world);
    await both();
    const statuses = hook.received.map((request) => (request.json() as { status: string }).status);
    expect(statuses.sort()).toEqual(['firing', 'firing', 'resolved', 'resolved']);
  });

  it('gets no end while the facet cannot be read', async () => {
    const world = makeWorld(go127, { ...pins('1.27'), '.godrift.yml': 'required: [GOPRIVATE]\n' });
    const hook = await receiver();
    expect((await check(world, '--notify', hook.url)).exitCode).toBe(1);
    const goenv = { GOENV: join(world.home, 'env') };
    writeFileSync(goenv.GOENV, 'X'.repeat(5 * 1024 * 1024));
    expect((await godrift(world, ['check', '--notify', hook.url], goenv)).exitCode).toBe(2);
    expect(hook.received).toHaveLength(1);
    heal(world);
    expect((await godrift(world, ['check', '--notify', hook.url], { GOPRIVATE: 'corp' })).exitCode).toBe(0);
    expect(hook.received).toHaveLength(2);
  });

  it.each([
    ['is damaged', (file: string) => writeFileSync(file, '{')],
    ['is missing', (file: string) => rmSync(file)],
  ])('gets no end of a drift while the baseline %s', async (_, harm) => {
    const world = makeWorld(go127);
    const hook = await receiver();
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'x'])).exitCode).toBe(0);
    const drifted = { GOOS: 'windows', GOARCH: 'arm64' };
    const told = async (env: Readonly<Record<string, string>>) => {
      await godrift(world, ['check', '--notify', hook.url], env);
      return hook.received.map((request) => (request.json() as { status: string }).status);
    };
    expect(await told(drifted)).toEqual(['firing']);
    const [target = ''] = readdirSync(join(world.state, 'targets'));
    const accepted = join(world.state, 'targets', target, 'accepted.json');
    const kept = readFileSync(accepted);
    harm(accepted);
    // The damage itself may be notified as well.
    expect(await told(drifted)).not.toContain('resolved');
    writeFileSync(accepted, kept);
    expect((await told({})).at(-1)).toBe('resolved');
  });

  it('gets no end from a check whose --fail-on is above the level of the open finding', async () => {
    const world = makeWorld(go127, pins('1.26'));
    const hook = await receiver();
    await check(world, '--notify', hook.url);
    await check(world, '--fail-on', 'major', '--notify', hook.url);
    expect(hook.received).toHaveLength(1);
    heal(world);
    await check(world, '--fail-on', 'major', '--notify', hook.url);
    expect(hook.received).toHaveLength(2);
  });

  it('gets no waived finding', async () => {
    const world = makeWorld(go127, pins('1.26'));
    const hook = await receiver();
    await godrift(world, ['waiver', 'add', '--reason', 'x', '--expires', '1h']);
    await check(world, '--notify', hook.url);
    expect(hook.received).toEqual([]);
  });

  it('that refuses a message causes one line without its secret URL and no other exit code, and gets the message next time', async () => {
    const world = makeWorld(go127, pins('1.26'));
    let status = 400;
    const hook = await receiver(() => ({ status, body: 'tell nobody of s3cret' }));
    writeFileSync(join(world.home, 'url'), `slack+${hook.url}/services/s3cret\n`);
    const args = ['--notify-url-file', join(world.home, 'url')];
    const refused = await check(world, ...args);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(
      /^godrift: could not notify slack at 127\.0\.0\.1:\d+: it answered 400; the verdict stands\n$/,
    );
    status = 200;
    const taken = await check(world, ...args);
    expect([taken.exitCode, taken.stderr]).toEqual([1, '']);
    expect(hook.received).toHaveLength(2);
    expect(refused.stdout + refused.stderr + taken.stdout).not.toContain('s3cret');
  });

  it('gets the message even if the state directory is not writable, with a warning', async () => {
    const world = makeWorld(go127, pins('1.26'));
    const hook = await receiver();
    const blocked = join(world.home, 'blocked');
    writeFileSync(blocked, '');
    const run = await check(world, '--notify', hook.url, '--state-directory', join(blocked, 'state'));
    expect([run.exitCode, hook.received.length]).toEqual([1, 1]);
    expect(run.stderr).toMatch(/sent notifications are not remembered/);
  });

  it.each([
    [['--notify', 'ftp://x/s3cret'], /no http or https URL/],
    [['--notify', 'http://127.0.0.1:1/s3cret', '--notify-window', 'often'], /no duration/],
    [['--notify-url-file', '/no/such/file'], /no such file/],
    [['--notify', 'https://hooks.slack.com/s3cret', '--notify-token-file', 'token'], /takes a token/],
  ])('with %j is refused before the check', async (args, words) => {
    const world = makeWorld(go127, { ...pins('1.26'), token: 'x\n' });
    chmodSync(join(world.workspace, 'token'), 0o600);
    const run = await check(world, ...args);
    expect([run.exitCode, run.stdout]).toEqual([2, '']);
    expect(run.stderr).toMatch(words);
    expect(run.stderr).not.toContain('s3cret');
  });
});

describe('a chat', () => {
  const noisy = () => {
    const required = Array.from({ length: 20 }, (_, index) => `SOME_VARIABLE_${index}`);
    return makeWorld(go127, { ...pins('1.26'), '.godrift.yml': `required: [${required.join(', ')}]\n` });
  };

  it('of Slack gets blocks within its limits, with special characters escaped', async () => {
    const world = noisy();
    const hook = await receiver();
    await godrift(world, ['check', '--notify', `slack+${hook.url}`], { GOTMPDIR: '/no/<!channel>&`x`' });
    const body = hook.received[0]?.json() as {
      text: string;
      blocks: { type: string; text: { text: string } }[];
    };
    expect(body.text).toMatch(/^godrift: \d+ findings in default on /);
    expect(body.blocks.length).toBeLessThanOrEqual(50);
    for (const { type, text } of body.blocks)
      expect(text.text.length).toBeLessThanOrEqual(type === 'header' ? 150 : 3000);
    expect(hook.received[0]?.body).toContain('/no/&lt;!channel&gt;&amp;');
    expect(hook.received[0]?.body).not.toContain('<!channel>');
    expect(body.blocks.at(-1)?.text.text).toMatch(/^and \d+ more/);
  });

  it('of a WeCom robot gets markdown of at most 4096 bytes, and a retry when it is busy', async () => {
    const world = noisy();
    const robot = await receiver((_, index) => ({
      body: `{"errcode":${index === 0 ? 45009 : 0},"errmsg":"x"}`,
    }));
    const run = await check(world, '--notify', `wecom+${robot.url}/cgi-bin/webhook/send?key=s3cret`);
    expect([run.exitCode, run.stderr]).toEqual([1, '']);
    expect(robot.received.map((one) => one.path)).toEqual(Array(2).fill('/cgi-bin/webhook/send?key=s3cret'));
    const body = robot.received[1]?.json() as { msgtype: string; markdown: { content: string } };
    expect(body.msgtype).toBe('markdown');
    expect(Buffer.byteLength(body.markdown.content)).toBeLessThanOrEqual(4096);
    expect(body.markdown.content).toContain('pin-go-version');
  });

  it('of a WeCom application gets a message with a fetched token, and a permanent refusal is reported by its errcode', async () => {
    const world = noisy();
    let code = 0;
    const server = await receiver((request) => ({
      body: request.path.startsWith('/cgi-bin/gettoken?')
        ? '{"errcode":0,"access_token":"acc3ss"}'
        : `{"errcode":${code},"errmsg":"acc3ss"}`,
    }));
    writeFileSync(join(world.home, 'secret'), 'corps3cret\n');
    const args = [
      '--notify',
      `wecom-app+${server.url}/?corp_id=corp&agent_id=1000002&to_party=7`,
      '--notify-token-file',
      join(world.home, 'secret'),
    ];
    code = 60020;
    const refused = await check(world, ...args);
    expect(refused.stderr).toMatch(
      /^godrift: could not notify wecom-app at [^ ]+: it answered errcode 60020; the verdict stands\n$/,
    );
    code = 0;
    expect((await check(world, ...args)).stderr).toBe('');
    const [token, message] = server.received.slice(-2);
    expect(token?.path).toBe('/cgi-bin/gettoken?corpid=corp&corpsecret=corps3cret');
    expect(message?.path).toBe('/cgi-bin/message/send?access_token=acc3ss');
    const body = message?.json() as { markdown: { content: string } };
    expect(body).toMatchObject({ touser: '', toparty: '7', msgtype: 'markdown', agentid: 1000002 });
    expect(Buffer.byteLength(body.markdown.content)).toBeLessThanOrEqual(2048);
  });
});
