/** The guards of unattended rollbacks: each one alone refuses, and all reasons are given at once. */
import { describe, expect, it } from 'vitest';
import { emptyMemory, type FacetMemory, noResults } from '../../../src/undo/memory.ts';
import { noPolicy } from '../../../src/undo/policy.ts';
import { askGuards, type GuardName, guardTable, type Situation } from '../../../src/undo/policy-guards.ts';
import { parseWindow, type TimeWindow } from '../../../src/undo/windows.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const minute = 60_000;

const policy = { ...noPolicy, mode: 'auto', allow: [{ target: 'api', facets: ['env'] }] } as const;

/** A situation in which every guard passes. */
const free: Situation = {
  now,
  policy,
  target: 'api',
  workspace: '/src/api',
  facet: 'env',
  memory: emptyMemory(),
  fleet: { targets: 10, drifts: 1 },
  key: 'a1',
  since: now - 5 * minute,
};

const known: FacetMemory = {
  target: 'api',
  workspace: '/src/api',
  facet: 'env',
  seq: 1,
  results: noResults(),
  begun: [],
};

const windows = (kind: 'allow' | 'deny', text: string) => ({
  ...policy,
  windows: { allow: [], deny: [], [kind]: [parseWindow(text) as TimeWindow] },
});

/** For each guard, the change that makes it refuse, and no other guard. */
const against: Readonly<Record<GuardName, Partial<Situation>>> = {
  mode: { policy: { ...policy, mode: 'off' } },
  paused: {
    memory: { ...emptyMemory(), paused: { who: 'ann', since: now - minute, reason: 'release day' } },
  },
  'allow-list': { policy: { ...policy, allow: [{ target: 'web', facets: ['env'] }] } },
  readable: { unreadable: 'permission denied' },
  'cool-down': { known: { ...known, last: now - 14 * minute } },
  attempts: { known: { ...known, begun: [now - 300 * minute, now - 200 * minute, now - 100 * minute] } },
  window: { policy: windows('deny', 'fri 11:00-13:00') },
  breaker: { fleet: { targets: 10, drifts: 4 } },
  floor: { policy: { ...policy, minimumGo: '1.24' }, go: '1.23.12' },
  deployment: { exempt: { whitelisted: false, graceUntil: now + minute } },
  waiver: { exempt: { whitelisted: false, waivedUntil: now + minute } },
  whitelist: { exempt: { whitelisted: true } },
  quarantine: { known: { ...known, quarantine: { id: 'q', since: now - 60 * minute, calm: 0 } } },
  returned: { known: { ...known, returned: 3000 } },
  'single-flight': {
    memory: {
      ...emptyMemory(),
      open: [{ id: 'o', target: 'web', workspace: '/w', replaced: '', since: now - minute }],
    },
  },
  unconfirmed: { known: { ...known, confirm: { id: 'c', by: now + minute, replaced: '' } } },
  denied: { known: { ...known, denied: 'a1' } },
  newer: { known: { ...known, drift: { signature: 's', changed: now - minute } } },
  approvals: {
    policy: { ...policy, mode: 'approve' },
    memory: {
      ...emptyMemory(),
      waiting: Array.from({ length: 100 }, (_, index) => ({
        ...{ id: String(index), target: 'api', workspace: '/src/api', facet: 'env' as const, who: 'am' },
        ...{ trigger: 'poll', plan: '', record: '', steps: 1, files: [], asked: now, expires: now + minute },
      })),
    },
  },
};

const namesOf = (reasons: readonly string[]) => reasons.map((reason) => reason.split(':')[0]);

describe('guards of the policy', () => {
  it('pass if nothing speaks against a rollback', () => {
    expect(askGuards(free)).toEqual([]);
  });

  it.each(Object.keys(guardTable) as GuardName[])('%s alone refuses', (name) => {
    const reasons = askGuards({ ...free, ...against[name] });
    expect(namesOf(reasons)).toEqual([name]);
    expect(reasons[0]).toMatch(/^[a-z-]+: \S.*[^.]$/);
  });

  it('give all reasons at once', () => {
    const everything: Situation = {
      ...free,
      ...against.breaker,
      ...against.floor,
      ...against.readable,
      policy: {
        ...windows('deny', 'fri 11:00-13:00'),
        ...{ mode: 'off', allow: [], minimumGo: '1.24' },
      },
      memory: { ...emptyMemory(), ...pick('paused'), ...pick('single-flight') },
      known: {
        ...known,
        ...against.attempts.known,
        ...against.newer.known,
        ...against.returned.known,
        ...against.denied.known,
        ...against.unconfirmed.known,
        ...against.quarantine.known,
        ...{ begun: against.attempts.known?.begun ?? [], last: now },
      },
      exempt: { whitelisted: true, graceUntil: now + 1, waivedUntil: now + 1 },
    };
    const names = new Set(namesOf(askGuards(everything)));
    // Approvals are counted where they are asked for only.
    expect(Object.keys(guardTable).filter((name) => !names.has(name))).toEqual(['approvals']);
    expect(namesOf(askGuards(everything, { byPerson: true }))).toEqual(['floor', 'single-flight']);
  });

  it('apply to a person only where they must', () => {
    for (const name of Object.keys(guardTable) as GuardName[]) {
      const asked = askGuards({ ...free, ...against[name] }, { byPerson: true });
      expect(namesOf(asked), name).toEqual(guardTable[name].ofPeople ? [name] : []);
    }
  });

  it('hold when the clock is set back: an event in the future counts as now', () => {
    const ahead = now + 365 * 24 * 60 * minute;
    expect(namesOf(askGuards({ ...free, known: { ...known, last: ahead } }))).toEqual(['cool-down']);
    const begun = [ahead, ahead, ahead];
    expect(namesOf(askGuards({ ...free, known: { ...known, begun } }))).toEqual(['attempts']);
  });

  it('expire with their time', () => {
    const over: readonly Partial<Situation>[] = [
      { known: { ...known, last: now - 15 * minute } },
      { known: { ...known, begun: [now - 25 * 60 * minute, now - 200 * minute, now - 100 * minute] } },
      { exempt: { whitelisted: false, graceUntil: now, waivedUntil: now } },
      { known: { ...known, quarantine: { id: 'q', since: 0, calm: 24 * 60 * minute } } },
      { known: { ...known, quarantine: { id: 'q', since: 0, calm: 0, calmSince: now - 24 * 60 * minute } } },
      { known: { ...known, returned: 15 * minute } },
      { policy: windows('allow', 'fri 11:00-13:00') },
      { policy: { ...policy, minimumGo: '1.24' }, go: '1.24.0' },
      { policy: { ...policy, minimumGo: '1.24' } },
      {
        memory: {
          ...emptyMemory(),
          open: [{ id: 'o', target: 'web', workspace: '/w', replaced: '', since: now - 60 * minute }],
        },
      },
      { fleet: { targets: 10, drifts: 3 } },
      { fleet: { targets: 1, drifts: 1 } },
    ];
    for (const one of over) expect(askGuards({ ...free, ...one }), JSON.stringify(one)).toEqual([]);
  });

  it('evaluate windows, patterns and facets of the allow list', () => {
    expect(namesOf(askGuards({ ...free, policy: windows('allow', 'sat 11:00-13:00') }))).toEqual(['window']);
    const allow = [{ pattern: 'ap.', facets: ['env'] as const }];
    expect(askGuards({ ...free, policy: { ...policy, allow } })).toEqual([]);
    expect(namesOf(askGuards({ ...free, facet: 'toolchain', policy: { ...policy, allow } }))).toEqual([
      'allow-list',
    ]);
    // What is denied is denied, whatever else allows it.
    const both = {
      ...policy,
      windows: {
        allow: [parseWindow('daily 00:00-24:00') as TimeWindow],
        deny: [parseWindow('fri 11:00-13:00') as TimeWindow],
      },
    };
    expect(namesOf(askGuards({ ...free, policy: both }))).toEqual(['window']);
  });
});

/** The part of a guard's memory that differs from an empty one. */
function pick(name: GuardName): Partial<Situation['memory']> {
  const { paused, open = [] } = against[name].memory ?? {};
  return { ...(paused === undefined ? {} : { paused }), ...(open.length === 0 ? {} : { open }) };
}
