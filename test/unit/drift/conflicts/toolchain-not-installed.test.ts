import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import { found, rulesOf, select, worldOf } from './world.ts';

const absent = { outcome: 'not-found', wanted: 'go1.27.9', reason: 'downloads are off' } as const;

describe('toolchain-not-installed', () => {
  it('does not suggest GOTOOLCHAIN=local if the go line requires the same version', () => {
    const [byLine] = found('toolchain-not-installed', select(absent));
    expect(byLine?.repair).toBe('put go1.27.9 first on PATH, or run with GOTOOLCHAIN=local');
    const project = { kind: 'go.mod', path: '/src/app/go.mod', go: '1.27.9', goLine: 3 } as const;
    expect(found('toolchain-not-installed', select(absent, { project }))[0]?.repair).toBe(
      'put go1.27.9 first on PATH',
    );
  });

  it('names an installed SDK that is new enough', () => {
    const installed = [
      { version: '1.24.0', bin: '/sdk/go1.24.0/bin' },
      { version: '1.27.9', bin: '/sdk/go1.27.9/bin' },
    ];
    expect(found('toolchain-not-installed', select(absent, { installed }))[0]?.repair).toContain(
      '(found: /sdk/go1.27.9/bin with go1.27.9)',
    );
  });

  it('reports an invalid toolchain once, for the file that names it', () => {
    const junk = { outcome: 'invalid', error: 'go: invalid GOTOOLCHAIN "junk"' } as const;
    expect(rulesOf({ ...select(junk), process: { GOTOOLCHAIN: 'junk' } })).toEqual([
      'toolchain-not-installed',
    ]);
    expect(rulesOf({ ...select(junk), goenv: { GOTOOLCHAIN: 'junk' } })).toEqual(['goenv-invalid']);
    // The selection names a cause, which it does not for a syntax error.
    const language = { ...junk, cause: 'GOTOOLCHAIN' } as const;
    expect(rulesOf({ ...select(language), goenv: { GOTOOLCHAIN: 'go1.27' } })).toEqual(['goenv-invalid']);
    const cause = { file: '/src/app/go.mod', line: 5 };
    const byLine = { ...select({ ...junk, cause }), goenv: { GOTOOLCHAIN: 'auto' } };
    expect(findConflicts(worldOf(byLine))).toMatchObject([
      {
        rule: 'toolchain-not-installed',
        origin: { kind: 'file', path: cause.file, line: 5 },
        repair: 'correct the toolchain line in /src/app/go.mod:5',
      },
    ]);
  });

  it('suggests unsetting a GOTOOLCHAIN that requires an exact version, however new the local go is', () => {
    const installed = [{ version: '1.27.9', bin: '/sdk/go1.27.9/bin' }];
    const process = { GOTOOLCHAIN: 'go1.26.0+auto' };
    const repairFor = (part: Parameters<typeof select>[0]) =>
      found('toolchain-not-installed', { ...select({ ...absent, ...part }, { installed }), process })[0]
        ?.repair;
    const exact = 'unset GOTOOLCHAIN, or put /sdk/go1.27.9/bin first on PATH (go1.27.9)';
    expect(repairFor({ cause: 'GOTOOLCHAIN' })).toBe(exact);
    expect(repairFor({ cause: { file: '/src/app/go.mod', line: 3 }, localWouldDo: true })).toBe(exact);
    expect(repairFor({ wanted: 'go1.25.1', cause: 'GOTOOLCHAIN' })).toBe('unset GOTOOLCHAIN');
  });

  it('reports a program on PATH that has the name of the toolchain but another version', () => {
    const switchProblem = 'every go command fails with "toolchain go1.24.13 invoked to provide go1.27.0"';
    const parts = select({ outcome: 'path', wanted: 'go1.27.0', effective: '1.27.0' }, { switchProblem });
    expect(found('toolchain-not-installed', parts)[0]?.summary).toContain(switchProblem);
  });
});
