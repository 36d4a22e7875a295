/**
 * The facet `tools`: the programs found on the target's PATH under the names of known tools, everything in
 * the directories of `go install`, configured programs, and the C compilers of cgo. Read from files; no tool
 * is started.
 */
import path from 'node:path';
import { knownTool, knownTools } from '../../../catalog/tools.ts';
import type { ToolFact, ToolFile, ToolsFacts } from '../../../drift/facets/tools.ts';
import type { Outcome } from '../../../drift/model.ts';
import { shownName } from '../../../host/byte-names.ts';
import { insideRoot, isDirectory } from '../../../host/files.ts';
import { namesIn } from '../../environment/directory-names.ts';
import type { ReadEnvironment } from '../../environment/process-environment.ts';
import type { Sources } from '../../environment/sources.ts';
import { collectCompilers } from './compilers.ts';
import { toolProgramAt } from './tool-programs.ts';

/** Most files of one directory to examine; a GOPATH/bin contains a few dozen. */
const directoryLimit = 300;
const gopathLimit = 8;

/**
 * Returns where `go install` puts programs (cmd/go/internal/modload, BinDir): GOBIN, otherwise bin of the
 * first GOPATH entry. Older programs may be in any GOPATH entry.
 */
function installDirectories(sources: Sources): readonly string[] {
  const value = (name: string) =>
    sources.variables.get(name)?.value || sources.environment.variables.get(name) || '';
  const home = sources.environment.variables.get('HOME') ?? '';
  // Without a `go`, GOPATH's default is not resolved: it is go below HOME, and absent without HOME.
  const gopath = value('GOPATH') || (home === '' ? '' : path.join(home, 'go'));
  const directories = [
    value('GOBIN'),
    ...gopath
      .split(':')
      .slice(0, gopathLimit)
      .map((entry) => (entry === '' ? '' : path.join(entry, 'bin'))),
  ];
  return [...new Set(directories.filter((directory) => directory.startsWith('/')))];
}

/** A file that may be a tool, and the name under which it is found. */
interface Candidate {
  readonly name: string;
  readonly file: string;
}

/**
 * Returns the configured paths: programs, or directories of programs; relative ones are relative to the
 * workspace.
 */
function configuredPlaces(sources: Sources): { files: string[]; directories: string[] } {
  const { root, settings } = sources;
  const files: string[] = [];
  const directories: string[] = [];
  for (const place of settings.tools) {
    const file = path.resolve(settings.workspace || '/', place);
    if (isDirectory({ root, path: file })) directories.push(file);
    else files.push(file);
  }
  return { files, directories };
}

/**
 * Returns every file to examine, in the order in which a shell would find them: PATH first, then further
 * directories.
 */
function candidatesOf(sources: Sources): readonly Candidate[] {
  const { root, toolPins, pathDirectories } = sources;
  const configured = configuredPlaces(sources);
  const whole = new Set([...installDirectories(sources), ...configured.directories]);
  // A version manager's entry may name a Go program that is not a Go tool, such as kubectl.
  const wanted = new Set([
    ...knownTools.map((tool) => tool.name),
    ...toolPins
      .filter(({ source }) => source !== '.tool-versions' && source !== 'mise.toml')
      .map((pin) => pin.name),
    ...configured.files.map((file) => path.basename(file)),
  ]);
  const candidates: Candidate[] = [];
  for (const directory of new Set([...pathDirectories, ...whole])) {
    const names = namesIn({ root, path: directory });
    const own = whole.has(directory)
      ? [...names].filter((name) => !name.startsWith('.'))
      : [...wanted].filter((name) => names.has(name));
    for (const name of own.slice(0, directoryLimit))
      candidates.push({ name, file: path.join(directory, name) });
  }
  for (const file of configured.files) candidates.push({ name: path.basename(file), file });
  return candidates;
}

/** Examines the candidates for one name, in order: the first executable one is used, whatever it is. */
function settle(
  { root, credentials }: ReadEnvironment,
  name: string,
  files: readonly string[],
): { tool?: ToolFact; problem?: { path: string; why: string; unsettled: boolean } } {
  let first: Omit<ToolFact, 'shadowed'> | undefined;
  let problem: { path: string; why: string; unsettled: boolean } | undefined;
  const shadowed: ToolFile[] = [];
  for (const file of files) {
    const reading = toolProgramAt({ root, path: file }, name, credentials);
    if (reading === undefined || reading.kind === 'shim') continue;
    if (reading.kind !== 'program') {
      if (first === undefined && problem === undefined)
        problem = { path: file, why: reading.why, unsettled: reading.kind === 'unsettled' };
    } else if (first === undefined && problem === undefined) {
      const { packagePath, version, goVersion, sum, linksLoader, realPath } = reading;
      first = {
        name: shownName(name),
        path: file,
        realPath: insideRoot(root, realPath),
        version,
        ...(goVersion === '' ? {} : { goVersion }),
        ...(packagePath === '' ? {} : { packagePath }),
        ...(sum === '' ? {} : { sum }),
        loadsSource: linksLoader || knownTool(name)?.loadsSource === true,
      };
    } else {
      shadowed.push({ path: file, version: reading.version });
    }
  }
  return {
    ...(first === undefined ? {} : { tool: { ...first, shadowed } }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * Reports whether a name belongs elsewhere: the toolchain is a facet of its own, and `cc` and `cxx` are
 * collected as compilers.
 */
function isOtherFacet(name: string): boolean {
  return /^(go|gotip|cc|cxx)$|^go\d/.test(name);
}

/** Collects the facet. */
export function collectTools(sources: Sources): Outcome<ToolsFacts> {
  const byName = new Map<string, string[]>();
  for (const { name, file } of candidatesOf(sources)) {
    if (isOtherFacet(name)) continue;
    byName.set(name, [...(byName.get(name) ?? []), file]);
  }
  const tools: ToolFact[] = [];
  const problems: ToolsFacts['problems'][number][] = [];
  const unsettled: string[] = [];
  for (const [name, files] of byName) {
    const { tool, problem } = settle(sources.environment, name, files);
    if (tool !== undefined) tools.push(tool);
    if (problem === undefined) continue;
    if (problem.unsettled) unsettled.push(`tools.${shownName(name)}`);
    problems.push({ name: shownName(name), path: problem.path, why: problem.why });
  }
  tools.push(...collectCompilers(sources));
  // The compilers and the directories of `go install` are derived from the `go` that answers. Without one,
  // missing tools are unknown rather than removed.
  if (sources.local === undefined) unsettled.push('tools.*');
  const needs = sources.project?.go ?? sources.gomod?.file.go?.version;
  return {
    status: 'ok',
    facts: {
      tools: tools.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)),
      pins: sources.toolPins,
      problems,
      ...(needs === undefined ? {} : { needs }),
    },
    ...(unsettled.length === 0 ? {} : { unsettled }),
  };
}
