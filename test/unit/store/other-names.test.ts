/** Baselines of a workspace that are stored for targets of other names. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { othersWithBaseline, targetFiles } from '../../../src/store/peek.ts';
import { scratchState } from './scratch.ts';

it('other targets of a workspace with a baseline are found by their directory names', async () => {
  const { path: state } = await scratchState();
  const store = (name: string, workspace: string, file = 'accepted.json') => {
    const directory = targetFiles(state, { name, workspace });
    mkdirSync(directory, { recursive: true });
    writeFileSync(path.join(directory, file), '{}');
    return directory;
  };
  const others = (name: string, workspace: string) => othersWithBaseline(state, { name, workspace });
  expect(others('default', '/src/app')).toEqual([]);
  const api = store('api', '/src/app');
  store('web_1.x-y', '/src/app', 'learned.json');
  store('seen', '/src/app', 'state.json');
  store('api_src', '/app');
  store('elsewhere', '/src/app2');
  store('machine', '');
  expect(others('default', '/src/app')).toEqual(['api', 'web_1.x-y']);
  expect(others('api', '/src/app')).toEqual(['web_1.x-y']);
  expect(others('default', '/app')).toEqual(['api_src']);
  expect(others('default', '')).toEqual(['machine']);
  rmSync(api, { recursive: true });
  expect(others('default', '/src/app')).toEqual(['web_1.x-y']);
});
