/** Explains tools, modules, and entries of cache and context. */
import { entryKeys } from '../../catalog/entry-keys.ts';
import type { World } from '../../drift/conflicts/rule.ts';
import type { MainModuleFact } from '../../drift/facets/modules.ts';
import { type Entries, facetOf } from '../../drift/snapshot.ts';
import type { Explained, WhyLayer } from './model.ts';
import { rulesNamed, rulesWhere } from './rules.ts';
import { inFile } from './words.ts';

/** Explains a tool: the program found by its name, those shadowed on PATH, and the project's pin. */
export function explainTool(world: World, entries: Entries, name: string): Explained | undefined {
  const { tools } = world;
  const tool = tools?.tools.find((one) => one.name === name);
  const pin = tools?.pins.find((one) => one.name === name);
  const problem = tools?.problems.find((one) => one.name === name);
  if (tool === undefined && pin === undefined && problem === undefined) return undefined;
  const key = `tools.${name}`;
  const value = entries.get(key);
  const layers: WhyLayer[] = [
    ...(problem === undefined || tool !== undefined
      ? []
      : [
          {
            origin: inFile(problem.path),
            value: problem.why,
            state: 'in-force' as const,
            note: 'what it is cannot be told',
          },
        ]),
    ...(tool === undefined
      ? []
      : [
          {
            origin: inFile(tool.path),
            value: tool.version,
            state: 'in-force' as const,
            ...(tool.realPath === tool.path ? {} : { note: `a link to ${tool.realPath}` }),
          },
          ...tool.shadowed.map(({ path, version }) => ({
            origin: inFile(path),
            value: version,
            state: 'hidden' as const,
            note: 'later on PATH, or not on PATH',
          })),
        ]),
  ];
  const isCompiler = name === 'cc' || name === 'cxx';
  const install = tool?.packagePath ?? pin?.packagePath;
  return {
    key,
    facet: 'tools',
    ...(value === undefined ? {} : { value }),
    ...(tool === undefined ? {} : { origin: inFile(tool.path) }),
    because: [
      ...(tool?.goVersion === undefined ? [] : [`built with go${tool.goVersion}`]),
      ...(tool?.packagePath === undefined ? [] : [`package ${tool.packagePath}`]),
      ...(pin === undefined ? [] : [`${pin.source} wants ${pin.version}`]),
    ].join(', '),
    layers,
    readBy: [
      isCompiler ? 'builds of packages with cgo' : 'programs that call it by name; go itself does not',
    ],
    rules: isCompiler
      ? rulesNamed('cgo-no-compiler')
      : rulesNamed('tool-behind', 'tool-not-pinned-version', ...(name === 'gofmt' ? ['gofmt-mismatch'] : [])),
    set: isCompiler
      ? [{ what: `export ${name.toUpperCase()}=COMMAND`, effect: 'for what this shell starts' }]
      : install === undefined || install.startsWith('cmd/')
        ? [{ what: `put its directory first on PATH`, effect: 'that one answers' }]
        : [{ what: `go install ${install}@VERSION`, effect: 'into GOBIN, else bin of the first GOPATH' }],
    unset: [],
  };
}

/** Returns the requirements of go.mod that the build does not follow. */
function declared(world: World, path: string): readonly WhyLayer[] {
  return (world.modules?.overrides ?? [])
    .filter((one) => one.path === path)
    .map(({ declared: version, origin, cause }) => ({
      origin: inFile(origin.path, origin.line),
      value: version === '' ? '(no line)' : version,
      state: 'hidden' as const,
      note: {
        selection: 'another module of the build list asks for more',
        replace: 'a replace line decides',
        exclude: 'an exclude line decides',
        workspace: 'a module that go.work uses asks for more',
        lost: 'go.mod does not name it, and a package imports from it',
      }[cause],
    }));
}

/**
 * Explains a main module, which is built from its own directory: it has no version, and no entry except that
 * of its go.mod.
 */
function mainModule(key: string, { directory, origin }: MainModuleFact): Explained {
  return {
    key,
    facet: 'modules',
    origin: inFile(origin.path, origin.line),
    because: `a main module: it is built from ${directory}, whatever version others require of it`,
    layers: [],
    readBy: ['every go command that loads packages'],
    rules: rulesNamed('gomod-invalid', 'gowork-stray'),
    set: [],
    unset: [],
  };
}

/** Explains a module of the build list, or a project file as a whole. */
export function explainModule(world: World, entries: Entries, name: string): Explained | undefined {
  const key = `modules.${name}`;
  const value = entries.get(key);
  const fact = world.modules?.list.find((one) => one.path === name);
  const overrides = declared(world, name);
  const main = world.modules?.mains?.find((one) => one.path === name);
  if (main !== undefined && value === undefined && fact === undefined) return mainModule(key, main);
  const isDocumented = entryKeys.some((one) => one.key === key);
  if (value === undefined && fact === undefined && overrides.length === 0 && !isDocumented) return undefined;
  const isWhole = fact === undefined && overrides.length === 0;
  const source = world.modules?.source;
  const from = { go: 'go list', files: 'the go.mod files of the module cache', vendor: 'vendor/modules.txt' };
  return {
    key,
    facet: 'modules',
    ...(value === undefined ? {} : { value }),
    because: isWhole
      ? (entryKeys.find((one) => one.key === key)?.value ?? '')
      : `the build list takes it (known from ${source === undefined ? 'no source' : from[source]})${fact?.replacement === undefined ? '' : `, replaced by ${fact.replacement.path}${fact.replacement.version === undefined ? '' : ` ${fact.replacement.version}`}`}`,
    layers: overrides,
    readBy: ['every go command that loads packages'],
    rules: isWhole
      ? rulesNamed('gomod-invalid', 'goflags-vendor', 'gowork-stray')
      : rulesNamed('requirement-overridden', 'gosum-mismatch', 'module-unavailable', 'modcache-edited'),
    set: isWhole
      ? []
      : [
          { what: `go get ${name}@VERSION`, effect: 'the least version that the build takes' },
          {
            what: `go mod edit -replace=${name}=DIRECTORY`,
            effect: 'another copy of it, in this module alone',
          },
        ],
    unset: isWhole ? [] : [{ what: `go get ${name}@none`, effect: 'with everything that needs it' }],
  };
}

/** Explains an entry that describes the host and is not a setting. */
export function explainPlain(entries: Entries, key: string): Explained | undefined {
  const facet = facetOf(key);
  const known = entryKeys.find((one) => one.key === key);
  const value = entries.get(key);
  if (facet === undefined || (known === undefined && value === undefined)) return undefined;
  return {
    key,
    facet,
    ...(value === undefined ? {} : { value }),
    ...(known === undefined ? {} : { because: known.value }),
    layers: [],
    readBy: [],
    rules: facet === 'cache' ? rulesWhere((row) => row.facet === 'cache') : [],
    set: [],
    unset: [],
  };
}
