/** A target whose go cannot be determined: everything that only that go could tell is left open. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advance } from '../../../src/drift/step.ts';
import { noPast, type Past } from '../../../src/drift/step-data.ts';
import { randomHex, sha256Hex } from '../../../src/host/digest.ts';
import { readMachine, systemClock } from '../../../src/host/machine.ts';
import { observe } from '../../../src/observe/observer.ts';

let lab = '';
beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'without-go-'));
  for (const name of ['app', 'shims', 'home/.config/go']) mkdirSync(join(lab, name), { recursive: true });
  const required = 'require rsc.io/quote v1.5.2';
  writeFileSync(join(lab, 'app/go.mod'), `module example.com/app\n\ngo 1.21\n\n${required}\n`);
  writeFileSync(join(lab, 'app/main.go'), 'package main\n\nimport _ "rsc.io/quote"\n\nfunc main() {}\n');
  writeFileSync(join(lab, 'home/.config/go/env'), 'GOPRIVATE=corp.example.com\n');
  const shim = '#!/bin/bash\nif [ -f .pick ]; then v=$(cat .pick); fi\nexec "/opt/go$v/bin/go" "$@"\n';
  writeFileSync(join(lab, 'shims/go'), shim);
  chmodSync(join(lab, 'shims/go'), 0o755);
});
afterAll(() => rmSync(lab, { recursive: true }));

const emitter = { resource: {}, version: '', randomId: randomHex, digest: sha256Hex };
const required = ['GOPRIVATE', 'CI'];

/**
 * Looks once as an exporter does, with the result of the look before; `go` is the one from the configuration.
 */
async function look(past: Past, go?: string) {
  const settings = {
    name: 'app',
    workspace: join(lab, 'app'),
    ...(go === undefined ? {} : { go }),
    environment: { from: 'self' },
    pool: '',
    baseline: 'learned',
    pins: { goMod: 'floor', tools: {} },
    required,
    tools: [],
  } as const;
  const variables = new Map([
    ['HOME', join(lab, 'home')],
    ['PATH', join(lab, 'shims')],
    ['CI', 'true'],
  ]);
  const reading = { source: 'self', readable: true, reason: 'ok' } as const;
  const { observation, home, pins } = await observe(settings, readMachine(), systemClock, {
    environment: { reading, variables, root: '/', credentials: 'own' },
  });
  return advance({ observation, home, pins, pool: '', required, baseline: 'learned' }, past, emitter);
}

describe.each([
  ['a shim that cannot be followed', undefined],
  ['a configured go that does not exist', '/nonexistent/go'],
])('with %s', (_, go) => {
  it('modules are not evaluated instead of reported as missing', async () => {
    const { state } = await look(noPast, go);
    expect(state.findings.map(({ rule }) => rule)).toEqual(['go-missing']);
    expect(state.facetStatus).toMatchObject({
      env: 'not_evaluated',
      modules: 'not_evaluated',
      cache: 'not_evaluated',
    });
    expect(state.modules).toBeUndefined();
  });

  it('a variable that a settings file may set is not reported as missing', async () => {
    const { state } = await look(noPast, go);
    expect(state.required).toEqual([{ name: 'CI', missing: false }]);
  });

  it('no baseline is learned, since it would lack the values that only a go can tell', async () => {
    let past: Past = noPast;
    for (let pass = 0; pass < 4; pass++) ({ past } = await look(past, go));
    expect(past.remembered.learned).toBeUndefined();
  });

  it('the snapshot marks the facets that are left open', async () => {
    const { state } = await look(noPast, go);
    const open = [...state.entries.keys()].filter((key) => key.endsWith('.unsettled'));
    expect(open).toEqual(expect.arrayContaining(['env.unsettled', 'modules.unsettled', 'tools.unsettled']));
  });
});

describe('a configured go', () => {
  it.each([
    ['does not exist', () => join(lab, 'none/go')],
    ['is a directory', () => lab],
    ['may not be executed by the user who builds', () => join(lab, 'app/go.mod')],
  ])('is named in the finding with its problem: it %s', async (problem, go) => {
    const { state } = await look(noPast, go());
    const [missing] = state.findings;
    expect(missing?.summary).toContain(`${go()}, which the configuration names`);
    expect(missing?.summary).toContain(problem);
    expect(missing?.repair).toContain('in the configuration');
  });
});
