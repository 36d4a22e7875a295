/**
 * A build cache named by the environment of another user: it is audited only if that user may read all of it,
 * and that user learns nothing about directories that are closed to them.
 */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { credentialsOfUser } from '../../../src/host/credentials.ts';
import { readMachine } from '../../../src/host/machine.ts';
import { readAs } from '../../../src/host/reader.ts';
import { findNamedCache } from '../../../src/observe/collectors/cache/location.ts';

const isRoot = process.getuid?.() === 0;
/** A uid that no account has. */
const stranger = 64_321;

describe.skipIf(!isRoot)(
  `the build cache of another user${isRoot ? '' : ' [skipped, missing: root]'}`,
  () => {
    let top = '';
    let cache = '';
    beforeEach(() => {
      top = mkdtempSync(join(tmpdir(), 'cache-of-'));
      chmodSync(top, 0o755);
      cache = join(top, 'kept/cache');
      mkdirSync(join(cache, 'a0'), { recursive: true });
    });
    afterEach(() => rmSync(top, { recursive: true, force: true }));
    const found = (path: string) => {
      const { place, directory } = readAs(credentialsOfUser(stranger), () =>
        findNamedCache(path, readMachine()),
      );
      return { state: place.state, audited: directory !== undefined };
    };

    it('is audited if its user may read all of it', () => {
      expect(found(cache).audited).toBe(true);
      // Go would create the cache in a directory of its user, but not in one of root.
      expect(found(join(top, 'kept/absent'))).toEqual({ state: 'denied', audited: false });
      chownSync(join(top, 'kept'), stranger, stranger);
      expect(found(join(top, 'kept/absent'))).toEqual({ state: 'absent', audited: false });
    });

    it.each(['', 'cache', 'cache/a0'])('is not audited if "%s" is closed to its user', (name) => {
      chmodSync(join(top, 'kept', name), 0o700);
      expect(found(cache)).toEqual({ state: 'denied', audited: false });
      expect(findNamedCache(cache, readMachine()).directory).toBeDefined();
    });

    it('is judged by the permissions of its user, not of the process that looks', () => {
      expect(found(cache).state).toBe('denied');
      chownSync(cache, stranger, stranger);
      expect(found(cache).state).toBe('usable');
      chmodSync(cache, 0o555);
      expect(found(cache).state).toBe('denied');
    });

    it('is reported as denied, not as absent, below a directory that is closed to its user', () => {
      chmodSync(join(top, 'kept'), 0o700);
      expect(found(join(top, 'kept/absent'))).toEqual({ state: 'denied', audited: false });
      expect(found(join(top, 'kept/absent/below'))).toEqual({ state: 'denied', audited: false });
    });
  },
);
