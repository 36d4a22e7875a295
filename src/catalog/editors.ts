/** Recognizes the processes of editors and IDEs by program name and arguments. */

/** How the processes of one editor look. */
export interface Editor {
  readonly ide: string;
  /** Matches the base name of the program. */
  readonly program?: RegExp;
  /** Matches any argument; for editors that run in another program (node, java). */
  readonly argument?: RegExp;
  /**
   * True for a desktop program, which does not inherit a shell's environment. VS Code and its forks read that
   * of a login shell later.
   */
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

/** Marks helper processes of Chromium (renderers, GPU), which have the environment of their parent. */
const helper = /^--type=/;

/** Returns the editor that a command line starts, or undefined. */
export function editorOf(argv: readonly string[]): Editor | undefined {
  const program = (argv[0] ?? '').split('/').at(-1) ?? '';
  if (argv.some((argument) => helper.test(argument))) return undefined;
  return editorRows.find(
    (row) =>
      row.program?.test(program) === true ||
      (row.argument !== undefined && argv.slice(1).some((argument) => row.argument?.test(argument))),
  );
}
