import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { fingerprint, fingerprintNumber } from '../../../src/drift/fingerprint.ts';
import { formatBody } from '../../../src/drift/snapshot.ts';

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

it('the fingerprint is the SHA-256 of the body', () => {
  // The SHA-256 of the empty string, from the test vectors of FIPS 180-4.
  expect(fingerprint(formatBody(new Map()), digest)).toBe(
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

it('the fingerprint as a number has 48 bits', () => {
  expect(fingerprintNumber('sha256:ffffffffffffabc')).toBe(2 ** 48 - 1);
  expect(fingerprintNumber('000000000001ff')).toBe(1);
});
