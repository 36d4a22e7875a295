/**
 * Editors that run for a workspace, and the Go environment that they have (O6): processes of this user by /proc, compared with the target's
 * by Go's own rules. Where there is no /proc, none is found.
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
import { realOf } from '../../environment/go-tree.ts';
import { viewFrom } from '../../environment/other-view.ts';
import type { Sources } from '../../environment/sources.ts';
import { publicValue } from '../env/env.ts';

const table = processTable((argv) => editorOf(argv) !== undefined);

/** Most editors of one workspace that are compared; each costs a resolution of all variables. */
const editorLimit = 16;

// Caches and temporary places decide nothing about a build, and what the file that is edited belongs to is not the editor's environment.
const places = new Set(['GOCACHE', 'GOTMPDIR', 'GOENV', 'GOBIN', 'GOMOD', 'GOWORK', 'GOTELEMETRYDIR']);
const names = catalogue.filter((row) => row.entry && !places.has(row.name)).map((row) => row.name);

interface Running {
  readonly editor: Editor;
  readonly program: RunningProgram;
  readonly details: ProcessDetails;
}

const within = (file: string, directory: string) =>
  directory !== '' && (file === directory || file.startsWith(directory === '/' ? '/' : `${directory}/`));

/** The path that an argument names: plain, as a file URI, or as the value of a flag. */
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

/** Whether a process was started in the workspace, or for it, a file of it or a folder around it. */
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

/** A process whose environment decides for an editor, and the processes by which it belongs to a workspace. */
interface Deciding {
  readonly ide: string;
  readonly process: Running;
  readonly family: readonly Running[];
}

/** Each gopls stands for the editor that started it; an editor without one stands for itself. */
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
    // What follows from the place of go differs by its version, which is told by itself.
    if (name === 'GOROOT' && here?.origin.kind === 'default' && there?.origin.kind === 'default') return [];
    const target = publicValue(name, here?.value ?? '');
    const value = publicValue(name, there?.value ?? '');
    const same = target === value; // only what may not be told differs
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

/** By whose rights is read what an editor's environment names: its own, and no more than those of the target that it is compared with. */
function rightsOf({ environment }: Sources, { credentials }: ProcessDetails): Credentials {
  if (!readsAsMuch(environment.credentials)) return environment.credentials;
  return readsAsMuch(credentials) ? 'own' : credentials;
}

function compare(sources: Sources, { ide, process: { editor, program, details } }: Deciding): EditorFact {
  const by = editor.ide === 'gopls' ? 'gopls' : 'editor';
  const base = { ide, pid: program.pid, by, graphical: editor.graphical } as const;
  const target = sources.candidates[0]?.version;
  // Without an environment of its own the target has nothing to compare.
  if (sources.environment.reading.source === 'none' || target === undefined)
    return { ...base, differences: [] };
  const credentials = rightsOf(sources, details);
  const view = readAs(credentials, () => viewFrom(sources, details.environment, credentials));
  const version = view.go?.version ?? '';
  const other = version !== target && sources.settings.go === undefined;
  return {
    ...base,
    ...(other ? { go: { path: view.go?.path ?? '', version, target } } : {}),
    differences: differencesOf(sources.variables, view.variables),
  };
}

/** The editors of the target's workspace, and where their Go environment is another one. */
export function collectEditors(sources: Sources): readonly EditorFact[] {
  const { workspace } = sources.settings;
  const { uid } = sources.machine;
  // The processes of another root are in another place, and those of nobody are nobody's.
  if (workspace === '' || sources.root !== '/' || uid < 0) return [];
  const programs = notePrograms('editors', table, uid);
  const running = programs.flatMap((program): readonly Running[] => {
    const editor = editorOf(program.argv);
    const details = editor === undefined ? undefined : processDetails(program.pid, uid);
    return editor === undefined || details === undefined ? [] : [{ editor, program, details }];
  });
  const workspaces = [...new Set([workspace, realOf('/', workspace)])];
  const chosen = deciding(running).filter(({ family }) =>
    family.some((one) => isFor(one, workspaces, sources.home)),
  );
  return chosen.slice(0, editorLimit).flatMap((one): readonly EditorFact[] => {
    try {
      return [compare(sources, one)];
    } catch {
      // What its environment names cannot be read (a GOENV beyond all measure): nothing is told of it, and the target has no part in that.
      return [];
    }
  });
}
