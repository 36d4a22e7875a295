/** Editors and IDEs by how their processes look: what their programs are called, and what their servers and launchers are started with. */

/** One editor. */
export interface Editor {
  readonly ide: string;
  /** Base name of the program. */
  readonly program?: RegExp;
  /** Anywhere in the arguments; for programs that another one runs (node, java). */
  readonly argument?: RegExp;
  /** Started from a desktop it has not the environment of a shell; VS Code and its forks read a login shell's later on their own. */
  readonly graphical: boolean;
}

const terminal = (ide: string, program: RegExp): Editor => ({ ide, program, graphical: false });
const graphical = (ide: string, program: RegExp, argument?: RegExp): Editor => ({
  ide,
  program,
  graphical: true,
  ...(argument === undefined ? {} : { argument }),
});

export const editorRows: readonly Editor[] = [
  { ide: 'gopls', program: /^gopls$/, graphical: false },
  graphical(
    'vscode',
    /^(code|code-insiders|code-oss|code-server)$/,
    /\/\.vscode-server(-insiders)?\/.*\/server-main\.js$/,
  ),
  graphical('vscodium', /^(codium|vscodium|codium-insiders)$/, /\/\.vscodium-server\/.*\/server-main\.js$/),
  graphical('cursor', /^cursor$/, /\/\.cursor-server\/.*\/server-main\.js$/),
  graphical('windsurf', /^windsurf(-next)?$/, /\/\.windsurf-server\/.*\/server-main\.js$/),
  graphical('goland', /^goland(64)?(\.sh)?$/, /^-Didea\.(paths\.selector|platform\.prefix)=GoLand/),
  graphical(
    'idea',
    /^idea(64)?(\.sh)?$/,
    /^-Didea\.(paths\.selector=(IntelliJIdea|IdeaIC)|platform\.prefix=Idea)/,
  ),
  graphical('zed', /^(zed|zed-editor|zeditor)$/),
  terminal('neovim', /^nvim$/),
  terminal('vim', /^(vim?|gvim|vim\.(basic|tiny|nox|gtk3?|athena|motif))$/),
  terminal('emacs', /^emacs(-?\d[\d.]*)?(-(gtk|nox|lucid|pgtk|x))?$/),
];

/** Helper processes of Chromium's kind (renderers, GPU): their environment is their parent's. */
const helper = /^--type=/;

/** The editor that a command line starts, or undefined. */
export function editorOf(argv: readonly string[]): Editor | undefined {
  const program = (argv[0] ?? '').split('/').at(-1) ?? '';
  if (argv.some((argument) => helper.test(argument))) return undefined;
  return editorRows.find(
    (row) =>
      row.program?.test(program) === true ||
      (row.argument !== undefined && argv.slice(1).some((argument) => row.argument?.test(argument))),
  );
}
