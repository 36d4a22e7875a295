/** The settings of a download: the approved ones, or none if they are no longer known. */
import { expect, it } from 'vitest';
import {
  type ApprovedSettings,
  fetchSettings,
  formatFetchSettings,
  parseFetchSettings,
} from '../../../src/undo/fetch-settings.ts';

const settingsOf = (given: Partial<ApprovedSettings>) => {
  const found = fetchSettings({
    entries: new Map(),
    files: [new Map(), new Map()],
    process: new Map(),
    roots: { home: '/home/ann' },
    ...given,
  });
  return 'why' in found ? found.why : Object.fromEntries(found.settings);
};

it('are those of the approved files, whatever the environment of the process is', () => {
  const goenv = new Map([['GOPROXY', 'file:///home/ann/proxy']]);
  const shipped = new Map([
    ['GOPROXY', 'https://a.example'],
    ['GOSUMDB', 'sum.example'],
  ]);
  const entries = new Map([['env.GOPROXY', 'file://$HOME/proxy']]);
  const process = new Map([
    ['GOPROXY', 'off'],
    ['GOSUMDB', 'off'],
    ['GOINSECURE', '*'],
  ]);
  expect(settingsOf({ entries, files: [goenv, shipped], process })).toEqual({
    GOPROXY: 'file:///home/ann/proxy',
    GOSUMDB: 'sum.example',
    GOAUTH: 'netrc',
  });
});

it('are those of the process if it still has the approved value', () => {
  const entries = new Map([
    ['env.GOPROXY', 'https://redacted@a.example'],
    ['env.GOPRIVATE', 'example.com'],
  ]);
  const process = new Map([
    ['GOPROXY', 'https://ann:secret@a.example'],
    ['GOPRIVATE', 'example.com'],
  ]);
  expect(settingsOf({ entries, process })).toEqual({
    GOPROXY: 'https://ann:secret@a.example',
    GOPRIVATE: 'example.com',
    GOAUTH: 'netrc',
  });
});

it('are unknown if the process had the approved value and now has another one', () => {
  const entries = new Map([['env.GOPROXY', 'https://a.example']]);
  const why = 'the approved GOPROXY came from the process environment, which has another value now';
  expect(settingsOf({ entries })).toBe(why);
  expect(settingsOf({ entries, process: new Map([['GOPROXY', 'https://b.example']]) })).toBe(why);
  expect(settingsOf({ entries, files: [new Map([['GOPROXY', 'https://b.example']])] })).toBe(why);
});

it('start no command for credentials', () => {
  expect(settingsOf({ files: [new Map([['GOAUTH', 'git /src']])] })).toEqual({ GOAUTH: 'netrc' });
  expect(settingsOf({ files: [new Map([['GOAUTH', 'off']])] })).toEqual({ GOAUTH: 'off' });
});

it('are read back as they were written', () => {
  const settings = new Map([
    ['GOPROXY', 'https://a.example/x=y,direct'],
    ['GOSUMDB', 'off'],
  ]);
  expect(parseFetchSettings(formatFetchSettings(settings))).toEqual(settings);
});
