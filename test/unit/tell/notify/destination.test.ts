import { describe, expect, it } from 'vitest';
import { parseDestination } from '../../../../src/tell/notify/destination.ts';

describe('a destination', () => {
  it.each([
    ['https://hooks.slack.com/services/T/B/s3cret', 'slack'],
    ['https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=s3cret', 'wecom'],
    ['http://alertmanager:9093', 'alertmanager'],
    ['https://am.example.com/prefix/api/v2/alerts', 'alertmanager'],
    ['https://example.com/hook?token=s3cret', 'webhook'],
    ['slack+http://127.0.0.1:9/s3cret', 'slack'],
    ['alertmanager+https://u:s3cret@am.example.com/x', 'alertmanager'],
  ])('%s is %s', (text, kind) => {
    const destination = parseDestination(text, undefined, undefined);
    expect(destination.kind).toBe(kind);
    expect(destination.name).not.toContain('s3cret');
  });

  it('uses the given kind if the URL names none', () => {
    expect(parseDestination('https://chat.example.com/hook', 'slack', undefined).kind).toBe('slack');
    expect(parseDestination('webhook+https://chat.example.com', 'slack', undefined).kind).toBe('webhook');
  });

  it('moves userinfo and tokens from the URL into a header', () => {
    const basic = parseDestination('alertmanager+http://ada:p%40ss%zz@am:9093', undefined, undefined);
    expect(basic.url.href).toBe('http://am:9093/');
    expect(Buffer.from(basic.authorization?.slice(6) ?? '', 'base64').toString()).toBe('ada:p@ss%zz');
    expect(parseDestination('http://am:9093', undefined, 'tok').authorization).toBe('Bearer tok');
    expect(parseDestination('https://hooks.slack.com/x', undefined, 'tok').authorization).toBeUndefined();
  });

  it.each(['ftp://x/s3cret', 's3cret', 'slack+s3cret', 'wecom-app+https://h/s3cret?corp_id=a', ''])(
    'refuses %j without repeating it',
    (text) => {
      const error = (() => {
        try {
          parseDestination(text, undefined, undefined);
          return undefined;
        } catch (thrown) {
          return thrown as Error;
        }
      })();
      expect(error?.message).toMatch(/^cannot (use the --notify URL|notify a WeCom application): /);
      expect(error?.message).not.toContain('s3cret');
    },
  );
});
