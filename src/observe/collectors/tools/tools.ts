/**
 * The facet `tools`: what answers by a tool's name on the target's PATH, everything where `go install` puts programs, what is configured,
 * and the C compilers of cgo. Read from files; no tool is started.
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

/** Most files of one directory that are looked at; a GOPATH/bin holds some dozens. */
const directoryLimit = 300;
const gopathLimit = 8;

/** Where `go install` puts programs (cmd/go/internal/modload, BinDir): GOBIN, else bin of the first GOPATH; older ones lie in any. */
function installDirectories(sources: Sources): readonly string[] {
  const value = (name: string) =>
    sources.variables.get(name)?.value || sources.environment.variables.get(name) || '';
  const home = sources.environment.variables.get('HOME') ?? '';
  // Where no go answers, the default is not resolved: it is below HOME, and nowhere without one.
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

/** A file that may be a tool, and the name by which it would answer. */
interface Candidate {
  readonly name: string;
  readonly file: string;
}

/** Configured paths: each a program, or a directory of them; a relative one lies in the workspace. */
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

/** Every file to look at, in the order in which a shell would find them: PATH, then what lies beside it. */
function candidatesOf(sources: Sources): readonly Candidate[] {
  const { root, toolPins, pathDirectories } = sources;
  const configured = configuredPlaces(sources);
  const whole = new Set([...installDirectories(sources), ...configured.directories]);
  // The row of a version manager may name a Go program that is no tool of Go's, such as kubectl.
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

/** Looks at every candidate of one name, in order: the first executable answers, whatever it is. */
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

/** The toolchain is a facet of its own, and `cc` and `cxx` are the compilers of cgo. */
function isOtherFacet(name: string): boolean {
  return /^(go|gotip|cc|cxx)$|^go\d/.test(name);
}

/** Collects the facet from the sources of this pass. */
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
  // Which compilers are asked for, and where go install puts programs, is said by the go that answers: without one nothing is gone.
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
