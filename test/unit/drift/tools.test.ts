// The facet `tools` on plain facts: pins, entries, weights and rules. For real binaries see
// test/e2e/tools.test.ts.
import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../src/drift/conflicts/index.ts';
import type { World } from '../../../src/drift/conflicts/rule.ts';
import { weighChange } from '../../../src/drift/distance.ts';
import { type ToolFact, type ToolsFacts, toolsEntries, toolsState } from '../../../src/drift/facets/tools.ts';
import type { VariableFact } from '../../../src/drift/model.ts';
import { meetsToolPin, toolPinsOf } from '../../../src/drift/tool-pins.ts';
import { parseGoMod } from '../../../src/go/gomod.ts';

const bin = '/home/u/go/bin';
const tool = (name: string, parts: Partial<ToolFact> = {}): ToolFact => ({
  name,
  path: `${bin}/${name}`,
  realPath: `${bin}/${name}`,
  version: 'v1.2.3',
  goVersion: '1.26.8',
  packagePath: `example.com/${name}`,
  loadsSource: false,
  shadowed: [],
  ...parts,
});

function world(facts: Partial<ToolsFacts>, variables: Readonly<Record<string, string>> = {}): World {
  const own = '/usr/local/go';
  const project = { kind: 'go.mod' as const, path: '/src/app/go.mod', go: facts.needs ?? '', goLine: 3 };
  return {
    workspace: '/src/app',
    tools: { tools: [], pins: [], problems: [], ...facts },
    toolchain: {
      candidates: [{ path: `${own}/bin/go`, realPath: `${own}/bin/go`, version: '1.26.8' }],
      relativeEntries: [],
      linkedOut: [],
      local: {
        path: `${own}/bin/go`,
        realPath: `${own}/bin/go`,
        version: '1.26.8',
        ownGoroot: own,
        goroot: own,
        gorootOrigin: { kind: 'default' },
        gorootParts: { exists: true, pkgTool: true, src: true },
        programs: [],
        refused: [],
      },
      ...(facts.needs === undefined ? {} : { project }),
      hasModule: true,
      knowledge: {},
      installed: [],
      untrusted: new Map(),
    },
    env: {
      goenv: { path: '', state: 'absent', lines: [], ignored: [] },
      variables: new Map(
        Object.entries(variables).map(([name, value]): [string, VariableFact] => [
          name,
          { name, value, origin: { kind: 'process' }, shadows: [] },
        ]),
      ),
      present: new Set(),
    },
  };
}

const found = (rule: string, where: World) => findConflicts(where).filter((one) => one.rule === rule);

describe('tool-behind', () => {
  it('repairs a tool of the toolchain by another Go on PATH, and ignores it if the toolchain itself is too old', () => {
    const gofmt = tool('gofmt', { goVersion: '1.21.13', packagePath: 'cmd/gofmt' });
    const where = world({ tools: [gofmt], needs: '1.24' });
    expect(found('tool-behind', where)[0]?.repair).toBe('put go1.26.8 first on PATH: gofmt comes with it');
    const newer = world({ tools: [gofmt], needs: '1.27' });
    expect(found('tool-behind', newer)[0]?.repair).toBe('put go1.27 first on PATH: gofmt comes with it');
    const selection = { tooOldFor: '1.24' } as never;
    expect(found('tool-behind', { ...where, toolchain: { ...where.toolchain, selection } as never })).toEqual(
      [],
    );
  });

  const old = { goVersion: '1.23.4', loadsSource: true };

  it('reports the tool, both versions, the go line, and the command that rebuilds the same tool', () => {
    expect(found('tool-behind', world({ tools: [tool('gopls', old)], needs: '1.24' }))).toEqual([
      expect.objectContaining({
        level: 'minor',
        key: 'tools.gopls',
        expected: 'go1.24',
        actual: 'go1.23.4',
        origin: { kind: 'file', path: '/src/app/go.mod', line: 3 },
        repair: `GOTOOLCHAIN=go1.26.8 GOBIN=${bin} go install example.com/gopls@v1.2.3`,
      }),
    ]);
  });

  it.each([
    [
      'a tool built with an older Go of the same language version',
      { ...old, goVersion: '1.24rc1' },
      '1.24.9',
      ['patch'],
    ],
    ['a tool built with a Go newer than the toolchain', { ...old, goVersion: '1.27.0' }, '1.24', []],
    ['a tool that loads no source', { goVersion: '1.23.4' }, '1.24', ['patch']],
    [
      'a tool that loads no source, older than the toolchain but not than the go line',
      { goVersion: '1.23.4' },
      '1.21',
      [],
    ],
    ['a tool older than the toolchain but not than the go line', old, '1.21', ['patch']],
    ['a tool that differs in the patch release only', { ...old, goVersion: '1.26.0' }, '1.26.8', []],
  ] as const)('judges %s', (_, parts, needs, levels) => {
    const all = found('tool-behind', world({ tools: [tool('gopls', parts)], needs }));
    expect(all.map(({ level }) => level)).toEqual(levels);
  });

  it('is silent without a go line or without build information', () => {
    const { goVersion: _, ...unknown } = tool('gopls', { loadsSource: true });
    expect(found('tool-behind', world({ tools: [tool('cc', { ...unknown })], needs: '1.21' }))).toEqual([]);
    expect(found('tool-behind', world({ tools: [tool('goose', { goVersion: '1.18' })] }))).toEqual([]);
  });

  it('suggests go tool if go.mod has the tool', () => {
    const pins = toolPinsOf({
      gomod: gomod('tool golang.org/x/tools/cmd/stringer\n\nrequire golang.org/x/tools v0.30.0\n'),
    });
    const stringer = tool('stringer', { ...old, packagePath: 'golang.org/x/tools/cmd/stringer' });
    const [first] = found('tool-behind', world({ tools: [stringer], needs: '1.24', pins }));
    expect(first?.repair).toMatch(/^run go tool stringer instead, or /);
  });

  it('suggests no go install command for a local build', () => {
    const local = tool('gopls', { ...old, version: '(devel)' });
    expect(found('tool-behind', world({ tools: [local], needs: '1.24' }))[0]?.repair).toBe(
      'build gopls again with go1.26.8',
    );
  });
});

function gomod(text: string) {
  return {
    path: '/src/app/go.mod',
    file: parseGoMod(Buffer.from(`module example.com/app\n\ngo 1.24\n\n${text}`)),
  };
}

describe('toolPinsOf', () => {
  it('gives a tool line the version of the required module with the longest matching path', () => {
    const text = `tool (
	golang.org/x/tools/cmd/stringer
	golang.org/x/tools/gopls
	github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	example.com/app/cmd/own
	example.com/fork/tool
	example.com/absent/tool
)

require (
	golang.org/x/tools v0.30.0
	golang.org/x/tools/gopls v0.18.1
	github.com/golangci/golangci-lint/v2 v2.1.0
	example.com/fork v1.0.0
)

replace example.com/fork => ../fork
`;
    expect(
      toolPinsOf({ gomod: gomod(text) }).map(({ name, version, line }) => [name, version, line]),
    ).toEqual([
      ['stringer', 'v0.30.0', 6],
      ['gopls', 'v0.18.1', 7],
      ['golangci-lint', 'v2.1.0', 8],
    ]);
  });

  it('reads .tool-versions and the configuration, where latest and system are no pins', () => {
    const text =
      'golang 1.26.8\ngolangci-lint v2.1.0 2.0.0\ngo:golang.org/x/tools/gopls 0.18\ndlv latest\nbuf system\nko ref:main\n';
    const pins = toolPinsOf({
      toolVersions: { path: '/src/app/.tool-versions', text },
      configured: { staticcheck: '2025.1', revive: 'latest' },
    });
    expect(pins.map(({ source, name, version, line }) => [source, name, version, line])).toEqual([
      ['.tool-versions', 'golangci-lint', '2.1.0', 2],
      ['.tool-versions', 'gopls', '0.18', 3],
      ['config', 'staticcheck', '2025.1', 0],
    ]);
  });
});

it.each([
  ['2', 'v2.1.0', 'yes'],
  ['2.1', 'v2.1.6', 'yes'],
  ['2.1', 'v2.10.0', 'no'],
  ['2.1.0', 'v2.1.0', 'yes'],
  ['v2.1.0', 'v2.1.0', 'yes'],
  ['2.1.0', 'v2.1.1', 'no'],
  ['2.1.0', 'v2.1.0+dirty', 'no'],
  ['2.1.0', 'v2.1.0+incompatible', 'yes'],
  ['2.1.0', 'v2.1.0-rc1', 'no'],
  ['1.26', '1.26.8', 'yes'],
  ['2.1.0', '(devel)', 'unknown'],
  ['2.1.0', '(devel)-0123456789ab', 'unknown'],
  ['v0.0.0-20210508222113-6edffad5e616', 'v0.0.0-20210508222113-6edffad5e616', 'yes'],
] as const)('pin %s, installed %s: %s', (pin, installed, verdict) => {
  expect(meetsToolPin(pin, installed)).toBe(verdict);
});

describe('tool-not-pinned-version', () => {
  const pinned = (name: string, version: string) => toolPinsOf({ configured: { [name]: version } });

  it('reports the wanted version, the installed version and the install command', () => {
    const all = found(
      'tool-not-pinned-version',
      world({ tools: [tool('lint')], pins: pinned('lint', '2.1.0') }),
    );
    expect(all).toEqual([
      expect.objectContaining({
        level: 'minor',
        key: 'tools.lint',
        expected: '2.1.0',
        actual: 'v1.2.3',
        repair: `GOTOOLCHAIN=go1.26.8 GOBIN=${bin} go install example.com/lint@v2.1.0`,
      }),
    ]);
  });

  it('suggests the directory of the right version if another one hides it on PATH', () => {
    const shadowed = [{ path: '/opt/lint/bin/lint', version: 'v2.1.0' }];
    const [first] = found(
      'tool-not-pinned-version',
      world({ tools: [tool('lint', { shadowed })], pins: pinned('lint', '2.1') }),
    );
    expect(first?.repair).toBe(`put /opt/lint/bin before ${bin} on PATH (found: /opt/lint/bin/lint)`);
  });

  it('has level patch for a local build, and is silent for a tool that is not installed', () => {
    const facts = { tools: [tool('lint', { version: '(devel)' })], pins: pinned('lint', '2.1.0') };
    expect(found('tool-not-pinned-version', world(facts)).map(({ level }) => level)).toEqual(['patch']);
    expect(found('tool-not-pinned-version', world({ ...facts, tools: [] }))).toEqual([]);
  });

  it('has level patch if a script has the name of the tool', () => {
    const problems = [{ name: 'lint', path: `${bin}/lint`, why: 'is a script' }];
    expect(found('tool-not-pinned-version', world({ problems, pins: pinned('lint', '2.1.0') }))).toEqual([
      expect.objectContaining({ level: 'patch', key: 'tools.lint', expected: '2.1.0' }),
    ]);
  });

  it('reports a different program of the same name', () => {
    const pins = toolPinsOf({
      gomod: gomod('tool go.uber.org/mock/mockgen\n\nrequire go.uber.org/mock v0.5.0\n'),
    });
    const other = tool('mockgen', { packagePath: 'github.com/golang/mock/mockgen', version: 'v0.5.0' });
    expect(found('tool-not-pinned-version', world({ tools: [other], pins }))[0]?.actual).toBe(
      'github.com/golang/mock/mockgen v0.5.0',
    );
  });
});

describe('gofmt-mismatch', () => {
  const gofmt = (version: string, path = '/usr/bin/gofmt') =>
    found(
      'gofmt-mismatch',
      world({
        tools: [tool('gofmt', { packagePath: 'cmd/gofmt', version, path, realPath: path })],
      }),
    ).map(({ level }) => level);

  it.each([
    ['1.26.8', []],
    ['1.26.7', ['patch']],
    ['1.25.0', ['minor']],
    ['1.27.0', ['minor']],
  ])('gofmt %s next to go 1.26.8 gives the levels %j', (version, levels) => {
    expect(gofmt(version)).toEqual(levels);
  });

  it('leaves a gofmt inside of GOROOT to goroot-mixed', () => {
    expect(gofmt('1.25.0', '/usr/local/go/bin/gofmt')).toEqual([]);
  });
});

describe('godebug-removed', () => {
  it('names the tools that the setting stops', () => {
    const tools = [tool('gopls', { goVersion: '1.27.4' }), tool('dlv', { goVersion: '1.26.0' })];
    const [first, ...others] = found('godebug-removed', world({ tools }, { GODEBUG: 'asynctimerchan=1' }));
    expect(others).toEqual([]);
    expect(first?.summary).toContain('gopls (go1.27.4)');
    expect(first?.summary).not.toContain('dlv');
    expect(found('godebug-removed', world({ tools }, { GODEBUG: 'asynctimerchan=0' }))).toEqual([]);
  });
});

describe('entries', () => {
  it('hold version, Go and checksum, and only the version line of a compiler', () => {
    const {
      goVersion: _,
      packagePath: __,
      ...compiler
    } = tool('cc', { version: 'gcc (Debian 12.2.0-14) 12.2.0' });
    const facts: ToolsFacts = {
      tools: [
        compiler,
        tool('gofmt', { version: '1.26.8' }),
        tool('gopls', { sum: 'h1:a=' }),
        tool('x', { version: '(devel)' }),
      ],
      pins: [],
      problems: [],
    };
    expect(toolsEntries(facts)).toEqual([
      ['tools.cc', 'gcc (Debian 12.2.0-14) 12.2.0'],
      ['tools.gofmt', '1.26.8'],
      ['tools.gopls', 'v1.2.3 go1.26.8 h1:a='],
      ['tools.x', '(devel) go1.26.8'],
    ]);
    expect(toolsState({ ...facts, needs: '1.27' }).tools.map(({ behind }) => behind)).toEqual([
      undefined,
      true,
      true,
      true,
    ]);
  });

  it.each([
    ['v1.2.3 go1.26.8 h1:a=', 'v1.3.0 go1.26.8 h1:b=', 0.2, 'minor'],
    ['v1.2.3 go1.26.8 h1:a=', 'v1.2.4 go1.26.8 h1:b=', 0.1, 'patch'],
    ['v1.2.3 go1.26.8 h1:a=', 'v1.2.3 go1.27.0 h1:a=', 0.1, 'patch'],
    ['v1.2.3 go1.26.8 h1:a=', 'v1.2.3 go1.26.8 h1:b=', 0.2, 'minor'],
    ['v1.2.3 go1.26.8', 'v1.2.3 go1.26.8 h1:b=', 0.1, 'patch'],
    ['gcc (Debian 12.2.0-14) 12.2.0', 'gcc (Debian 12.2.0-14+deb12u1) 12.2.0', 0.1, 'patch'],
    ['gcc (Debian 12.2.0-14) 12.2.0', 'gcc (Debian 12.2.1-1) 12.2.1', 0.1, 'patch'],
    ['gcc (Debian 12.2.0-14) 12.2.0', 'gcc (Debian 14.2.0-19) 14.2.0', 0.2, 'minor'],
    ['tcc sha256:0123456789abcdef', 'tcc sha256:fedcba9876543210', 0.2, 'minor'],
    [undefined, 'v1.2.3', 0.1, 'patch'],
    ['v1.2.3', undefined, 0.2, 'minor'],
  ])('%s → %s weighs %d, %s', (old, value, weight, level) => {
    const change = {
      key: 'tools.x',
      ...(old === undefined ? {} : { old }),
      ...(value === undefined ? {} : { new: value }),
    };
    expect(weighChange(change, new Set())).toEqual({ weight, level });
  });

  it('weigh nothing for a gofmt that changes with its toolchain', () => {
    const change = { key: 'tools.gofmt', old: '1.26.8', new: '1.27.0' };
    expect(weighChange(change, new Set(['toolchain.version'])).level).toBe('none');
  });
});

describe('Delve and the Go that it debugs', () => {
  const delve = (version: string, goVersion: string) =>
    tool('dlv', { version, goVersion, packagePath: 'github.com/go-delve/delve/cmd/dlv', loadsSource: true });
  const delveFindings = (version: string, effective: string, goVersion = effective) => {
    const facts = world({ tools: [delve(version, goVersion)] });
    const toolchain = facts.toolchain as NonNullable<World['toolchain']>;
    const local = { ...(toolchain.local as NonNullable<typeof toolchain.local>), version: effective };
    return findConflicts({ ...facts, toolchain: { ...toolchain, local } })
      .filter(({ rule }) => rule === 'tool-behind')
      .map(({ level, summary, repair }) => ({ level, summary, repair }));
  };

  it('Delve is too old by its own version, whichever Go built it', () => {
    for (const builtWith of ['1.24.13', '1.26.8'])
      expect(delveFindings('v1.24.2', '1.26.8', builtWith)).toEqual([
        {
          level: 'minor',
          summary: expect.stringContaining('Version of Delve is too old for Go version 1.26.8'),
          repair: `GOBIN=${bin} go install github.com/go-delve/delve/cmd/dlv@latest (v1.26 or newer)`,
        },
      ]);
  });

  it('Delve is too new for an old Go, and the repair names a fitting version', () => {
    expect(delveFindings('v1.26.0', '1.21.13')).toMatchObject([
      {
        summary: expect.stringContaining('Go version 1.21.13 is too old for this version of Delve'),
        repair: `GOBIN=${bin} go install github.com/go-delve/delve/cmd/dlv@v1.24`,
      },
    ]);
  });

  it.each([
    ['v1.26.0', '1.26.8'],
    ['v1.24.2', '1.21.13'],
    ['v1.99.0', '1.27.4'],
    ['(devel)', '1.27.4'],
    ['v1.9.1', '1.19.8'],
  ])('Delve %s causes no finding for go%s', (version, effective) => {
    expect(delveFindings(version, effective)).toEqual([]);
  });
});
