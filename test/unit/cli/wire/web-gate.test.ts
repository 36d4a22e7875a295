import { describe, expect, it } from 'vitest';
import { logRejected } from '../../../../src/cli/wire/web-gate.ts';
import type { Logger } from '../../../../src/tell/log.ts';

describe('rejected client certificates', () => {
  it('are logged once a minute for each reason, whichever client connects', () => {
    const lines: unknown[] = [];
    const log = { warn: (...line: unknown[]) => lines.push(line) } as unknown as Logger;
    let now = 1_000_000;
    const refused = logRejected(log, () => now);
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
    // A clock that is set back does not silence the log.
    now -= 3_600_000;
    refused('CERT_HAS_EXPIRED', '10.0.0.1');
    expect(lines).toHaveLength(4);
  });
});
