/**
 * Finds the editors that run for a workspace, and compares their Go environment with the target's by Go's own
 * rules (O6). Looks at processes of this user in /proc; without /proc none is found.
 */
import { type Editor, editorOf } from '../../../catalog/editors.ts';
import { variables as catalogue } from '../../../catalog/variables.ts';
import type { EditorDifference, EditorFact } from '../../../drift/facets/context.ts';
import type { ResolvedVariable } from '../../../go/getenv.ts';
import { type Credentials, readsAsMuch } from '../../../host/credentials.ts';
import {
  ancestors,
  notePrograms,
  type ProcessDetails,
  processDetails,
  processTable,
  type RunningProgram,
} from '../../../host/processes.ts';
import { readAs } from '../../../host/reader.ts';
import { evaluateEnvironment } from '../../environment/environment-view.ts';
import { realPathOrSelf } from '../../environment/go-tree.ts';
import type { Sources } from '../../environment/sources.ts';
import { publicValue } from '../env/env.ts';

const table = processTable((argv) => editorOf(argv) !== undefined);

/** Most editors of a workspace to compare; each requires resolving all variables. */
const editorLimit = 16;

// Excluded: caches and temporary directories do not influence a build, and GOMOD and GOWORK depend on the
// edited file rather than on the editor.
const places = new Set(['GOCACHE', 'GOTMPDIR', 'GOENV', 'GOBIN', 'GOMOD', 'GOWORK', 'GOTELEMETRYDIR']);
const names = catalogue.filter((row) => row.entry && !places.has(row.name)).map((row) => row.name);

interface Running {
  readonly editor: Editor;
  readonly program: RunningProgram;
  readonly details: ProcessDetails;
}

const within = (file: string, directory: string) =>
  directory !== '' && (file === directory || file.startsWith(directory === '/' ? '/' : `${directory}/`));

/** Returns the path that an argument names: plain, as a file URI, or as the value of a flag. */
function pathIn(argument: string): string | undefined {
  const text = argument.replace(/^--?[\w-]+=/, '');
  if (text.startsWith('file:///')) {
    try {
      return decodeURIComponent(text.slice('file://'.length));
    } catch {
      return undefined;
    }
  }
  return text.startsWith('/') && text !== '/' ? text.replace(/\/+$/, '') : undefined;
}

/**
 * Reports whether a process was started in the workspace, or for it, for a file in it, or for a directory
 * around it.
 */
function isFor({ program, details }: Running, workspaces: readonly string[], home: string): boolean {
  return workspaces.some((workspace) => {
    if (within(details.cwd, workspace)) return true;
    return program.argv.slice(1).some((argument) => {
      const path = pathIn(argument);
      if (path === undefined) return false;
      return within(path, workspace) || (path !== home && within(workspace, path));
    });
  });
}

/** A process whose environment applies to an editor, with the processes that tie it to a workspace. */
interface Deciding {
  readonly ide: string;
  readonly process: Running;
  readonly family: readonly Running[];
}

/**
 * Returns the processes to compare. Each gopls represents the editor that started it; an editor without gopls
 * represents itself.
 */
function deciding(running: readonly Running[]): readonly Deciding[] {
  const byPid = new Map(running.map((one) => [one.program.pid, one]));
  const isServer = ({ editor }: Running) => editor.ide === 'gopls';
  const servers = running.filter(isServer).map((process): Deciding => {
    const above = ancestors(process.program.pid).flatMap((pid) => byPid.get(pid) ?? []);
    const editor = above.find((one) => !isServer(one))?.editor;
    return { ide: editor?.ide ?? 'gopls', process, family: [process, ...above] };
  });
  const represented = new Set(servers.flatMap(({ family }) => family));
  const editors = running
    .filter((one) => !represented.has(one))
    .map((process): Deciding => ({ ide: process.editor.ide, process, family: [process] }));
  return [...servers, ...editors];
}

function differencesOf(
  ours: ReadonlyMap<string, ResolvedVariable>,
  theirs: ReadonlyMap<string, ResolvedVariable>,
): readonly EditorDifference[] {
  return names.flatMap((name): readonly EditorDifference[] => {
    const here = ours.get(name);
    const there = theirs.get(name);
    if ((here?.value ?? '') === (there?.value ?? '')) return [];
    // A default GOROOT follows from the location of `go`, whose version is compared separately.
    if (name === 'GOROOT' && here?.origin.kind === 'default' && there?.origin.kind === 'default') return [];
    const target = publicValue(name, here?.value ?? '');
    const value = publicValue(name, there?.value ?? '');
    const same = target === value; // they differ only in the redacted part
    return [
      {
        name,
        target,
        theirs: same ? `${value} (another value)` : value,
        set: there?.origin.kind === 'process',
      },
    ];
  });
}

/**
 * Returns the credentials with which an editor's environment is evaluated: its own, but no more than those of
 * the target.
 */
function rightsOf({ environment }: Sources, { credentials }: ProcessDetails): Credentials {
  if (!readsAsMuch(environment.credentials)) return environment.credentials;
  return readsAsMuch(credentials) ? 'own' : credentials;
}

function compare(sources: Sources, { ide, process: { editor, program, details } }: Deciding): EditorFact {
  const by = editor.ide === 'gopls' ? 'gopls' : 'editor';
  const base = { ide, pid: program.pid, by, graphical: editor.graphical } as const;
  const target = sources.candidates[0]?.version;
  // A target without an environment has nothing to compare.
  if (sources.environment.reading.source === 'none' || target === undefined)
    return { ...base, differences: [] };
  const credentials = rightsOf(sources, details);
  const view = readAs(credentials, () => evaluateEnvironment(sources, details.environment, credentials));
  const version = view.go?.version ?? '';
  const other = version !== target && sources.settings.go === undefined;
  return {
    ...base,
    ...(other ? { go: { path: view.go?.path ?? '', version, target } } : {}),
    differences: differencesOf(sources.variables, view.variables),
  };
}

/** Returns the editors of the target's workspace, with the differences in their Go environments. */
export function collectEditors(sources: Sources): readonly EditorFact[] {
  const { workspace } = sources.settings;
  const { uid } = sources.machine;
  // Processes in another root have other paths, and without a uid there are no processes of this user.
  if (workspace === '' || sources.root !== '/' || uid < 0) return [];
  const programs = notePrograms('editors', table, uid);
  const running = programs.flatMap((program): readonly Running[] => {
    const editor = editorOf(program.argv);
    const details = editor === undefined ? undefined : processDetails(program.pid, uid);
    return editor === undefined || details === undefined ? [] : [{ editor, program, details }];
  });
  const workspaces = [...new Set([workspace, realPathOrSelf('/', workspace)])];
  const chosen = deciding(running).filter(({ family }) =>
    family.some((one) => isFor(one, workspaces, sources.home)),
  );
  return chosen.slice(0, editorLimit).flatMap((one): readonly EditorFact[] => {
    try {
      return [compare(sources, one)];
    } catch {
      // Something that the editor's environment names is unreadable, such as an oversized GOENV file. The
      // editor is skipped; the target is not affected.
      return [];
    }
  });
}
