/** Which home counts: go uses only HOME, and has no home in a service without that variable. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMachine } from '../../../../src/host/machine.ts';
import { readSources } from '../../../../src/observe/environment/sources.ts';

let lab = '';
beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'home-'));
  mkdirSync(join(lab, 'home/.config/go'), { recursive: true });
  mkdirSync(join(lab, 'app'));
  writeFileSync(join(lab, 'home/.config/go/env'), 'GOFLAGS=-trimpath\n');
});
afterAll(() => rmSync(lab, { recursive: true }));

/** Reads the GOENV file of a process with these variables, whose user has a home in passwd. */
async function goenvWith(variables: Readonly<Record<string, string>>) {
  const settings = {
    name: 'p',
    workspace: join(lab, 'app'),
    environment: { from: 'self' },
    pool: '',
    baseline: 'learned',
    pins: { goMod: 'floor', tools: {} },
    required: [],
    tools: [],
  } as const;
  const { goenv } = await readSources(
    settings,
    { ...readMachine(), home: join(lab, 'home') },
    {
      reading: { source: 'self', readable: true, reason: 'ok' },
      variables: new Map(Object.entries(variables)),
      root: '/',
      credentials: 'own',
    },
  );
  return { state: goenv.state, lines: goenv.lines.length };
}

describe('the GOENV file', () => {
  it('is below HOME', async () => {
    expect(await goenvWith({ HOME: join(lab, 'home') })).toEqual({ state: 'read', lines: 1 });
  });

  it('is off without HOME, even if the user has a home in passwd', async () => {
    expect(await goenvWith({})).toEqual({ state: 'off', lines: 0 });
    expect(await goenvWith({ HOME: '' })).toEqual({ state: 'off', lines: 0 });
  });

  it('is below XDG_CONFIG_HOME, even without HOME', async () => {
    expect(await goenvWith({ XDG_CONFIG_HOME: join(lab, 'home/.config') })).toEqual({
      state: 'read',
      lines: 1,
    });
  });
});
