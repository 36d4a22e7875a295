/**
 * Explains which Go builds use: everything that affects the choice, in go's order, and the project's lines on
 * their own.
 */
import type { World } from '../../drift/conflicts/rule.ts';
import type { Origin } from '../../drift/model.ts';
import type { Entries } from '../../drift/snapshot.ts';
import type { PinState } from '../../drift/state.ts';
import { withoutGoLine, workWithoutGoLine } from '../../go/project-problems.ts';
import type { Explained, WhyLayer, WhyWay } from './model.ts';
import { rulesNamed, rulesWhere } from './rules.ts';
import { inFile } from './words.ts';

/**
 * Returns everything that affects the choice, in the order in which go reads it: GOTOOLCHAIN, the toolchain
 * line, the go line, the go on PATH, others on PATH.
 */
function voices(world: World): readonly WhyLayer[] {
  const { selection, project, candidates = [] } = world.toolchain ?? {};
  const cause = selection?.cause;
  const decided = (isIt: boolean): Pick<WhyLayer, 'state'> => ({ state: isIt ? 'in-force' : 'heard' });
  const setting = world.env?.variables.get('GOTOOLCHAIN');
  const isLine = (line: number | undefined) =>
    typeof cause === 'object' && line !== undefined && cause.line === line;
  const settings: WhyLayer[] =
    setting === undefined || setting.value === ''
      ? []
      : [
          {
            origin: setting.origin,
            value: `GOTOOLCHAIN=${setting.value}`,
            ...decided(cause === 'GOTOOLCHAIN'),
            note:
              cause === 'GOTOOLCHAIN'
                ? 'it names the toolchain'
                : 'it says whether the lines below may raise it',
          },
        ];
  const lines: WhyLayer[] = [
    ...(project?.toolchain === undefined
      ? []
      : [
          {
            origin: inFile(project.path, project.toolchainLine),
            value: `toolchain ${project.toolchain}`,
            ...decided(isLine(project.toolchainLine)),
          },
        ]),
    ...(project?.go === undefined
      ? []
      : [
          {
            origin: inFile(project.path, project.goLine),
            value: `go ${project.go}`,
            ...decided(isLine(project.goLine)),
          },
        ]),
  ];
  const onPath = candidates.map(
    ({ path, version, problem }, index): WhyLayer => ({
      origin: inFile(path),
      value: version === undefined ? (problem ?? 'no go') : `go${version}`,
      ...(index === 0
        ? { ...decided(cause === undefined), note: 'first on PATH: the go that is started' }
        : { state: 'hidden', note: 'later on PATH' }),
    }),
  );
  return [...settings, ...lines, ...onPath];
}

const versionWays: readonly WhyWay[] = [
  { what: 'put the bin directory of another Go first on PATH', effect: 'that one is started' },
  {
    what: 'go get go@VERSION, or edit the go line of go.mod',
    effect: 'for everybody who builds the project: the least version',
  },
  { what: 'export GOTOOLCHAIN=goVERSION', effect: 'for what this shell starts: exactly that one' },
];

/** Explains an entry of the toolchain; undefined for an unknown key. */
export function explainToolchain(world: World, entries: Entries, key: string): Explained | undefined {
  const { toolchain } = world;
  const { selection, local, missing } = toolchain ?? {};
  const value = entries.get(key);
  const shared = {
    key,
    facet: 'toolchain',
    ...(value === undefined ? {} : { value }),
    readBy: ['every go command in the workspace'],
    rules: rulesWhere((row) => row.facet === 'toolchain'),
    unset: [],
  } as const;
  switch (key) {
    case 'toolchain.version':
    case 'toolchain.origin':
      return {
        ...shared,
        ...(selection === undefined ? {} : { because: selection.error ?? selection.reason }),
        ...(missing === undefined ? {} : { because: missing }),
        layers: voices(world),
        set: versionWays,
      };
    case 'toolchain.goroot':
      return {
        ...shared,
        ...(local === undefined ? {} : { origin: local.gorootOrigin }),
        layers:
          local === undefined
            ? []
            : [
                ...(local.gorootOrigin.kind === 'default'
                  ? []
                  : [{ origin: local.gorootOrigin, value: local.goroot, state: 'in-force' as const }]),
                {
                  origin: { kind: 'default' },
                  value: local.ownGoroot,
                  state: local.gorootOrigin.kind === 'default' ? 'in-force' : 'hidden',
                  note: 'the tree that the go command lies in',
                },
              ],
        set: [{ what: 'export GOROOT=DIRECTORY', effect: 'seldom right: go finds its own tree by itself' }],
      };
    default:
      return entries.has(key) || key === 'toolchain.digest' ? { ...shared, layers: [], set: [] } : undefined;
  }
}

/** Keys of the lines by which a project asks for a toolchain: `go_mod.go`, `go_work.toolchain` … */
export const projectKeys = ['go_mod.go', 'go_mod.toolchain', 'go_work.go', 'go_work.toolchain'] as const;
export type ProjectKey = (typeof projectKeys)[number];

/** Returns the pin made from a line of a file. */
function pinned(pins: readonly PinState[], name: string, line: 'go' | 'toolchain'): PinState | undefined {
  return pins.find(
    ({ source, path }) =>
      path.endsWith(`/${name}`) && (line === 'go' ? source === name : source === 'toolchain line'),
  );
}

/** Explains one of the lines. If a go.work is in force, its lines override those of go.mod. */
export function explainProjectLine(world: World, pins: readonly PinState[], key: ProjectKey): Explained {
  const [base, line] = key.split('.') as [string, 'go' | 'toolchain'];
  const name = base.replace('_', '.');
  const { project } = world.toolchain ?? {};
  const decides = project?.kind === name;
  const own = decides
    ? { value: project[line], path: project.path, at: line === 'go' ? project.goLine : project.toolchainLine }
    : undefined;
  const pin = pinned(pins, name, line);
  const value = own?.value ?? pin?.version;
  const origin =
    own?.value !== undefined
      ? inFile(own.path, own.at)
      : pin === undefined
        ? undefined
        : inFile(pin.path, pin.line);
  const layer = (one: string, at: Origin, isFirst: boolean): WhyLayer => ({
    origin: at,
    value: one,
    state: isFirst ? 'in-force' : 'hidden',
    ...(isFirst ? {} : { note: `${project?.kind ?? 'another file'} is in force here` }),
  });
  const command = name === 'go.mod' ? 'go mod edit' : 'go work edit';
  const flag = line === 'go' ? '-go=VERSION' : '-toolchain=goVERSION';
  return {
    key,
    facet: 'toolchain',
    ...(value === undefined ? {} : { value }),
    ...(origin === undefined ? {} : { origin }),
    because:
      line === 'go'
        ? 'a floor: an older go refuses the module, or switches to a newer one where GOTOOLCHAIN lets it'
        : 'a suggestion: go switches to it where its own is older and GOTOOLCHAIN lets it',
    layers:
      value === undefined || origin === undefined
        ? []
        : [layer(value, origin, decides || project === undefined)],
    default: {
      value: '',
      from:
        line === 'go'
          ? `without the line go takes the language of ${name === 'go.work' ? workWithoutGoLine : withoutGoLine}`
          : 'without the line the go line alone asks',
    },
    readBy: ['every go command in the workspace, before it does anything else'],
    rules: rulesNamed(
      'toolchain-too-old',
      'toolchain-not-installed',
      'toolchain-download-pending',
      'sumdb-blocks-switch',
      'gomod-invalid',
      'tool-behind',
    ),
    set: [{ what: `${command} ${flag}`, effect: 'for everybody who builds the project' }],
    unset:
      value === undefined
        ? []
        : [
            {
              what: `${command} ${line === 'go' ? '-go=none' : '-toolchain=none'}`,
              effect: 'for everybody who builds the project',
            },
          ],
  };
}
