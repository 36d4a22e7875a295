/** Planning: from the approved and the current state to steps. Pure. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EntryState, ReadEntry } from '../../../src/host/entry-state.ts';
import type { ApprovedEntry, ApprovedRecord } from '../../../src/store/approved/record.ts';
import { entryPath, planRollback } from '../../../src/undo/plan.ts';
import { unrestoredEntries } from '../../../src/undo/unrestored.ts';

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const rights = { mode: 0o644, uid: 1000, gid: 1000 };

function file(text: string, own: Partial<typeof rights> = {}): ReadEntry {
  const bytes = Buffer.from(text);
  return { state: { kind: 'file', sha256: digest(bytes), size: bytes.length, ...rights, ...own }, bytes };
}
const absent: ReadEntry = { state: { kind: 'absent' } };
const link = (to: string): ReadEntry => ({ state: { kind: 'link', to } });

const contents = new Map<string, Uint8Array>();

/** An entry of the record at `/home/ann/<name>`. */
function was(
  name: string,
  { state, bytes }: ReadEntry,
  role: ApprovedEntry['role'] = 'goenv',
): ApprovedEntry {
  if (bytes !== undefined) contents.set(digest(bytes), bytes);
  const directory = '/home/ann';
  return { role, path: `${directory}/${name}`, directory, name, state: state as ApprovedEntry['state'] };
}

/** The plan for these entries, as they were and as they are. */
function plan(
  pairs: readonly (readonly [ApprovedEntry, ReadEntry])[],
  names?: readonly string[],
  stay?: ReadonlySet<string>,
) {
  const record: ApprovedRecord = {
    schema: 1,
    target: 'api',
    workspace: '/src/api',
    time: 0,
    fingerprint: 'sha256:0',
    snapshot: '0'.repeat(64),
    entries: pairs.map(([entry]) => entry),
  };
  const present = {
    entries: new Map(pairs.map(([entry, now]) => [entryPath(entry), now])),
    moved: new Map(),
    missing: new Map(),
  };
  const approved = (one: string) => contents.get(one) as Uint8Array;
  const staying = stay === undefined ? {} : { stay };
  const asked = { facet: 'env', record, approved, present, ...staying } as const;
  return planRollback(names === undefined ? asked : { ...asked, names: new Set(names) }, digest);
}

const textAfter = ({ steps, contents: made }: ReturnType<typeof plan>) => {
  const after = steps[0]?.after as Extract<EntryState, { kind: 'file' }>;
  return Buffer.from(made.get(after.sha256) as Uint8Array).toString();
};

describe('the plan of a rollback', () => {
  it('has no steps if nothing changed', () => {
    const one = file('GOFLAGS=-a\n');
    expect(plan([[was('env', one), one]])).toMatchObject({ steps: [], refusals: [] });
  });

  it('restores content, mode and owner', () => {
    const made = plan([
      [was('env', file('# mine\nGOFLAGS=-a', { mode: 0o600 })), file('GOFLAGS=-b\nGOPROXY=off\n')],
    ]);
    expect(made.steps).toMatchObject([
      { kind: 'restore-file', path: '/home/ann/env', after: { mode: 0o600 }, names: ['GOFLAGS', 'GOPROXY'] },
    ]);
    expect(textAfter(made)).toBe('# mine\nGOFLAGS=-a');
    expect(plan([[was('env', file('A=1\n', { mode: 0o600 })), file('A=1\n')]]).steps).toMatchObject([
      { kind: 'restore-file', names: [] },
    ]);
  });

  it('grants no group access to settings: the group bits may be the mask of an access list that a new file does not have', () => {
    const made = (mode: number) =>
      plan([[was('env', file('A=1\n', { mode })), file('A=2\n', { mode })]]).steps[0]?.after;
    expect(made(0o640)).toMatchObject({ mode: 0o600 });
    expect(made(0o664)).toMatchObject({ mode: 0o644 });
    expect(made(0o644)).toMatchObject({ mode: 0o644 });
  });

  it('removes an added file, and writes a deleted one', () => {
    expect(plan([[was('env', absent), file('GOFLAGS=-b\n')]]).steps).toMatchObject([
      { kind: 'remove-file', after: { kind: 'absent' }, names: ['GOFLAGS'] },
    ]);
    expect(plan([[was('env', file('GOFLAGS=-a\n')), absent]]).steps).toMatchObject([
      { kind: 'restore-file', before: { kind: 'absent' }, names: ['GOFLAGS'] },
    ]);
  });

  it('restores a symlink, and the file behind it as a separate entry', () => {
    const pairs = [
      [was('env', link('dotfiles/env')), file('GOFLAGS=-b\n')],
      [was('dotfiles', file('GOFLAGS=-a\n')), file('GOFLAGS=-c\n')],
    ] as const;
    expect(plan(pairs).steps.map(({ kind, path }) => [kind, path])).toEqual([
      ['restore-link', '/home/ann/env'],
      ['restore-file', '/home/ann/dotfiles'],
    ]);
  });

  it('leaves other variables and the mode of a file when single variables are requested', () => {
    const pair = [
      was('env', file('GOFLAGS=-a\n', { mode: 0o600 })),
      file('GOPROXY=off\nGOFLAGS=-b\n'),
    ] as const;
    const made = plan([pair], ['GOFLAGS']);
    expect(textAfter(made)).toBe('GOPROXY=off\nGOFLAGS=-a\n');
    expect(made.steps[0]).toMatchObject({ after: { mode: 0o644 }, names: ['GOFLAGS'] });
    for (const [entry, now] of [
      [was('env', file('GOFLAGS=-a\n')), link('elsewhere')],
      [was('env', link('elsewhere')), file('GOFLAGS=-a\n')],
    ] as const)
      expect(plan([[entry, now]], ['GOFLAGS'])).toMatchObject({
        steps: [],
        refusals: [expect.stringContaining('single variables cannot be restored there')],
      });
    expect(plan([pair], ['GOARCH']).steps).toEqual([]);
    expect(plan([[was('env', absent), file('GOFLAGS=-b\n')]], ['GOFLAGS']).steps[0]?.kind).toBe(
      'remove-file',
    );
  });

  it('refuses what it cannot restore', () => {
    const directory: ReadEntry = { state: { kind: 'other', what: 'a directory' } };
    expect(plan([[was('env', file('A=1\n')), directory]]).refusals).toEqual([
      '/home/ann/env is a directory now: see who made it',
    ]);
    const entry = was('env', file('A=1\n'));
    const record = { ...({} as ApprovedRecord), entries: [entry] };
    const moved = planRollback(
      {
        facet: 'env',
        record,
        approved: () => new Uint8Array(),
        present: {
          entries: new Map(),
          moved: new Map([[entry.path, '/mnt/ann']]),
          missing: new Map(),
        },
      },
      digest,
    );
    expect(moved).toMatchObject({
      steps: [],
      refusals: ['/home/ann/env was in /home/ann and is in /mnt/ann now: restore that first'],
    });
  });
});

describe('variables that stay', () => {
  const stay = new Set(['GOFLAGS']);

  it('have no step', () => {
    expect(plan([[was('env', absent), file('GOFLAGS=-b\n')]], undefined, stay)).toMatchObject({
      steps: [],
      refusals: [],
    });
    expect(plan([[was('env', absent), file('GOFLAGS=-b\n')]], ['GOFLAGS'], stay).steps).toEqual([]);
  });

  it('keep their lines in a file whose other variables are restored, and the file keeps its mode', () => {
    const pair = [
      was('env', file('GOFLAGS=-a\nGOPROXY=x\n', { mode: 0o600 })),
      file('GOFLAGS=-b\nGOPROXY=off\n'),
    ] as const;
    const made = plan([pair], undefined, stay);
    expect(textAfter(made)).toBe('GOFLAGS=-b\nGOPROXY=x\n');
    expect(made.steps[0]).toMatchObject({ names: ['GOPROXY'], after: { mode: 0o644 } });
    const one = plan([pair], ['GOFLAGS', 'GOPROXY'], stay);
    expect(one.steps).toEqual(made.steps);
  });

  it('do not affect files in which they are unchanged', () => {
    const pair = [was('env', file('# mine\nGOPROXY=x\n')), file('GOPROXY=off\n')] as const;
    expect(textAfter(plan([pair], undefined, stay))).toBe('# mine\nGOPROXY=x\n');
  });
});

describe('what a plan does not restore', () => {
  it('is what the process environment sets, and what no file set', () => {
    const { steps } = plan([[was('env', file('GOFLAGS=-a\n')), file('GOFLAGS=-b\n')]]);
    const left = unrestoredEntries(
      'env',
      [
        { key: 'env.GOFLAGS', expected: '-a', origin: { kind: 'goenv' } },
        { key: 'env.GOFLAGS.secret', expected: 'k:1', origin: { kind: 'goenv' } },
        { key: 'env.GOPROXY', origin: { kind: 'process' } },
        { key: 'env.GOARCH', expected: 'arm64' },
      ],
      steps,
    );
    expect(left.map(({ key, why }) => `${key}: ${why}`)).toEqual([
      'env.GOPROXY: the process environment sets it, which overrides every file: unset GOPROXY there',
      expect.stringContaining('env.GOARCH: no file of the approved record set it'),
    ]);
  });

  it('is what the process environment set at the approval, with what to do', () => {
    const changes = [
      { key: 'env.GOFLAGS', expected: '-ldflags="-s -w"', origin: { kind: 'goenv' } },
      { key: 'env.GOFLAGS.secret', expected: 'k:1', origin: { kind: 'goenv' } },
      { key: 'env.GOCACHE', expected: '$HOME/price in $$', origin: { kind: 'goenv' } },
      { key: 'env.GOTMPDIR', expected: '$GOROOT/tmp', origin: { kind: 'goenv' } },
    ] as const;
    const left = unrestoredEntries('env', changes, [], {
      stay: new Set(['GOFLAGS', 'GOCACHE', 'GOTMPDIR']),
      roots: { home: '/home/me' },
    });
    expect(left.map(({ why }) => /in the shell or unit that builds(.*),/.exec(why)?.[1])).toEqual([
      `: export GOFLAGS='-ldflags="-s -w"'`,
      '',
      // As it is on this machine, for the words are there to be copied; none where the value has no place here.
      `: export GOCACHE='/home/me/price in $'`,
      '',
    ]);
  });
});
