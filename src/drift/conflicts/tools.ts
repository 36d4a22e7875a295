/**
 * Conflicts of the tools (contract §3: tool-*): older than the project, other than the pinned version, or
 * from another toolchain.
 */
import { delveFor, delvePackage, delveSupport } from '../../catalog/tools.ts';
import { goMinor } from '../../go/defaults.ts';
import { compareGoVersions, languageVersion, versionPart } from '../../go/version.ts';
import { isBehind, type ToolFact } from '../facets/tools.ts';
import { meetsToolPin, type ToolPin } from '../tool-pins.ts';
import type { Conflict, Rule, World } from './rule.ts';
import { effectiveVersion } from './rule.ts';

const directoryOf = (file: string) => file.slice(0, file.lastIndexOf('/')) || '/';

/**
 * What some tools do with source that is too new: measured with tools built by go1.21 on source of go 1.24;
 * for golangci-lint its own text (golangci-lint#5641).
 */
const words: Readonly<Record<string, string>> = {
  'golangci-lint':
    'it refuses with "the Go language version used to build golangci-lint is lower than the targeted Go version"',
  dlv: 'it refuses with "Version of Delve is too old for Go version"',
  gopls: 'it reports errors in newer source that are none',
  revive: 'it leaves out the rules that need types, and says nothing',
};

/**
 * Reports whether a program belongs to the Go distribution: it is as old as its toolchain and is not built on
 * its own.
 */
const isOfToolchain = ({ packagePath }: ToolFact) => packagePath?.startsWith('cmd/') === true;

/**
 * Returns how to rebuild the same tool in place. That needs the module's version; a local build must be
 * repeated from its source.
 */
function rebuild(world: World, tool: ToolFact, version = tool.version, needs = ''): string {
  const effective = effectiveVersion(world);
  const go = compareGoVersions(needs, effective) > 0 ? needs : effective;
  if (isOfToolchain(tool)) return `put go${go} first on PATH: ${tool.name} comes with it`;
  if (tool.packagePath === undefined || !/^v\d/.test(version) || version.includes('+dirty'))
    return `build ${tool.name} again with go${go}`;
  // Without GOTOOLCHAIN the go line of the tool's own module chooses the Go, which may be an older one.
  return `GOTOOLCHAIN=go${go} GOBIN=${directoryOf(tool.path)} go install ${tool.packagePath}@${version}`;
}

/** Returns the alternative `go tool`, which builds the required version with the project's Go. */
function orGoTool(world: World, name: string): string {
  const line = world.tools?.pins.find((pin) => pin.source === 'go.mod' && pin.name === name);
  return line === undefined ? '' : `run go tool ${name} instead, or `;
}

function behind(world: World, tool: ToolFact, needs: string): Conflict {
  const { project } = world.toolchain ?? {};
  const says = words[tool.name] ?? 'it fails on newer source, or judges less of it';
  return {
    key: `tools.${tool.name}`,
    level: tool.loadsSource ? 'minor' : 'patch',
    expected: `go${languageVersion(needs)}`,
    actual: `go${tool.goVersion}`,
    ...(project?.goLine === undefined
      ? {}
      : { origin: { kind: 'file' as const, path: project.path, line: project.goLine } }),
    summary: `${tool.path} (${tool.version}) was built with go${tool.goVersion}, ${project?.kind ?? 'go.mod'} asks for go ${needs}: ${tool.loadsSource ? says : 'it reads no types and works, as long as it meets no newer syntax'}`,
    repair: `${orGoTool(world, tool.name)}${rebuild(world, tool, tool.version, needs)}`,
  };
}

/**
 * Reports a tool older than the toolchain: tools that load packages also read files that the toolchain wrote,
 * whatever the project asks for.
 */
function behindToolchain(world: World, tool: ToolFact): Conflict {
  const go = effectiveVersion(world);
  return {
    key: `tools.${tool.name}`,
    level: 'patch',
    expected: `go${languageVersion(go)}`,
    actual: `go${tool.goVersion}`,
    summary: `${tool.path} (${tool.version}) was built with go${tool.goVersion}, a build here uses go${go}: it may fail to load the standard library of the newer one`,
    repair: `${orGoTool(world, tool.name)}${rebuild(world, tool)}`,
  };
}

/**
 * Reports a Delve that by its own statement does not debug programs of the Go here; rebuilding it does not
 * help.
 */
function delveRefuses(world: World, tool: ToolFact): readonly Conflict[] {
  const effective = effectiveVersion(world);
  const supported = tool.packagePath === delvePackage ? delveSupport(tool.version) : undefined;
  const minor = goMinor(effective);
  if (supported === undefined || minor === 0) return [];
  const { oldest, newest } = supported;
  if (minor >= oldest && minor <= newest) return [];
  const tooOld = minor > newest;
  const says = tooOld
    ? `Version of Delve is too old for Go version ${effective}`
    : `Go version ${effective} is too old for this version of Delve`;
  const pin = world.tools?.pins.find((one) => one.name === tool.name);
  const fitting = tooOld ? 'latest' : delveFor(minor);
  const install = `GOBIN=${directoryOf(tool.path)} go install ${delvePackage}@${fitting}`;
  return [
    {
      key: `tools.${tool.name}`,
      expected: `go1.${oldest} to go1.${newest}`,
      actual: `go${effective}`,
      summary: `${tool.path} (${tool.version}) debugs what go1.${oldest} to go1.${newest} built, a build here uses go${effective}: it refuses with "${says}", whichever Go built it`,
      repair: `${install}${tooOld ? ` (v1.${minor} or newer)` : ''}${pin === undefined ? '' : `, and the same version in ${wants(pin)}`}`,
    },
  ];
}

/**
 * Reports tools that were built with a Go older than the project's. For tools that load and type-check Go
 * source this is a fault; for others it is a remark (measured, see the catalogue of tools).
 */
export const toolBehind: Rule = (world) => {
  const facts = world.tools;
  if (facts === undefined) return [];
  const language = languageVersion(effectiveVersion(world));
  // If the project refuses this Go anyway, the tools that come with it need no finding of their own.
  const refused = world.toolchain?.selection?.tooOldFor !== undefined;
  return facts.tools.flatMap((tool): readonly Conflict[] => {
    if (refused && isOfToolchain(tool)) return [];
    const limits = delveRefuses(world, tool);
    if (limits.length > 0) return limits;
    if (facts.needs !== undefined && isBehind(tool, facts.needs) === true)
      return [behind(world, tool, facts.needs)];
    const older = language !== '' && isBehind(tool, language) === true;
    return tool.loadsSource && older ? [behindToolchain(world, tool)] : [];
  });
};

const wants = (pin: ToolPin) => (pin.source === 'config' ? 'the configuration' : pin.source);

function pinOrigin(pin: ToolPin): Pick<Conflict, 'origin'> {
  if (pin.path === '') return {};
  return { origin: { kind: 'file', path: pin.path, ...(pin.line === 0 ? {} : { line: pin.line }) } };
}

/** Reports whether the tool is another program of the same name. */
function isStranger(pin: ToolPin, tool: ToolFact): boolean {
  return (
    pin.packagePath !== undefined && tool.packagePath !== undefined && pin.packagePath !== tool.packagePath
  );
}

/** Returns how to get the pinned version: by PATH if it is only shadowed, else by installing it. */
function obtain(world: World, pin: ToolPin, tool: ToolFact): string {
  const here = directoryOf(tool.path);
  const hidden = tool.shadowed.find((other) => meetsToolPin(pin.version, other.version) === 'yes');
  if (hidden !== undefined && !isStranger(pin, tool))
    return `put ${directoryOf(hidden.path)} before ${here} on PATH (found: ${hidden.path})`;
  const version = `v${pin.version.replace(/^v/, '')}`;
  // go install needs a full version; a pin with fewer numbers does not name one.
  const exact = /^v\d+\.\d+\.\d+/.test(version);
  const { packagePath = tool.packagePath } = pin;
  const install =
    exact && packagePath !== undefined
      ? rebuild(world, { ...tool, packagePath }, version)
      : `install ${tool.name} ${pin.version}, and put its directory before ${here} on PATH`;
  return pin.source === 'go.mod' ? `run go tool ${tool.name}, or ${install}` : install;
}

function pinned(world: World, pin: ToolPin, tool: ToolFact): Conflict | undefined {
  const stranger = isStranger(pin, tool);
  const met = stranger ? 'no' : meetsToolPin(pin.version, tool.version);
  if (met === 'yes') return undefined;
  const actual = stranger ? `${tool.packagePath} ${tool.version}` : tool.version;
  return {
    key: `tools.${tool.name}`,
    // The version of a local build is not known.
    ...(met === 'unknown' ? { level: 'patch' as const } : {}),
    expected: pin.version,
    actual,
    ...pinOrigin(pin),
    summary:
      met === 'unknown'
        ? `${wants(pin)} wants ${tool.name} ${pin.version}; ${tool.path} is a local build, whose version cannot be told`
        : `${wants(pin)} wants ${tool.name} ${pin.version}, ${tool.path} is ${actual}`,
    repair: obtain(world, pin, tool),
  };
}

/**
 * Reports a pinned tool whose version is not known, because the program of its name is a script or cannot be
 * read.
 */
function untold(world: World, pin: ToolPin): readonly Conflict[] {
  const problem = world.tools?.problems.find((one) => one.name === pin.name);
  if (problem === undefined) return [];
  return [
    {
      key: `tools.${pin.name}`,
      level: 'patch',
      expected: pin.version,
      ...pinOrigin(pin),
      summary: `${wants(pin)} wants ${pin.name} ${pin.version}; ${problem.path} ${problem.why}, so its version cannot be told`,
      repair: `put the program itself before ${directoryOf(problem.path)} on PATH`,
    },
  ];
}

/** Reports installed tools that do not meet the project's pins. */
export const toolNotPinnedVersion: Rule = (world) =>
  (world.tools?.pins ?? []).flatMap((pin) => {
    const tool = world.tools?.tools.find((one) => one.name === pin.name);
    return tool === undefined ? untold(world, pin) : (pinned(world, pin, tool) ?? []);
  });

/**
 * Reports a gofmt on PATH whose version differs from the go on PATH; `go fmt` uses the one of GOROOT. A
 * mismatch inside one tree is goroot-mixed, and a toolchain that go switches to is not the go on PATH.
 */
export const gofmtMismatch: Rule = (world) => {
  const go = world.toolchain?.candidates[0];
  const gofmt = world.tools?.tools.find((tool) => tool.name === 'gofmt');
  if (go?.version === undefined || gofmt?.packagePath !== 'cmd/gofmt') return [];
  const difference = versionPart(gofmt.version, go.version);
  const tree = directoryOf(go.realPath);
  if (difference === 'none' || directoryOf(gofmt.realPath) === tree) return [];
  const newer = compareGoVersions(gofmt.version, go.version) > 0;
  return [
    {
      key: 'tools.gofmt',
      level: difference === 'patch' || difference === 'rc' ? 'patch' : 'minor',
      expected: go.version,
      actual: gofmt.version,
      summary: `gofmt on PATH (${gofmt.path}) is of go${gofmt.version}, go is ${go.version}: gofmt and go fmt may format differently${newer ? '' : ', and gofmt stops at newer syntax'}`,
      repair: `put ${tree} before ${directoryOf(gofmt.path)} on PATH, or run go fmt`,
    },
  ];
};
