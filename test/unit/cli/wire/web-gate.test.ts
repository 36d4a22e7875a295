import { describe, expect, it } from 'vitest';
import { sayRefused } from '../../../../src/cli/wire/web-gate.ts';
import type { Logger } from '../../../../src/tell/log.ts';

describe('client certificates that are not taken', () => {
  it('are a line for each reason and minute, whoever comes', () => {
    const lines: unknown[] = [];
    const log = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
    let now = 1_000_000;
    const refused = sayRefused(log, () => now);
    const expired = [{ client: '10.0.0.1' }, 'client certificate rejected: CERT_HAS_EXPIRED'];
    refused('CERT_HAS_EXPIRED', '10.0.0.1');
    refused('CERT_HAS_EXPIRED', '10.0.0.2');
    refused('it shows none', undefined);
    expect(lines).toEqual([expired, [{ client: undefined }, 'client certificate rejected: it shows none']]);
    now += 59_999;
    refused('CERT_HAS_EXPIRED', '10.0.0.1');
    expect(lines).toHaveLength(2);
    now += 1;
    refused('CERT_HAS_EXPIRED', '10.0.0.1');
    expect(lines.slice(2)).toEqual([expired]);
    // A clock that is set back silences nothing.
    now -= 3_600_000;
    refused('CERT_HAS_EXPIRED', '10.0.0.1');
    expect(lines).toHaveLength(4);
  });
});
