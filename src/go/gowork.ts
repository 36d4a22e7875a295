/** Parses go.work strictly, as workspace commands do (golang.org/x/mod/modfile/work.go, ParseWork). */
import {
  type DirectiveLine,
  type GoDirective,
  type GodebugDirective,
  keep,
  type PathDirective,
  type ReplaceDirective,
  readDirectives,
  readGo,
  readGodebug,
  readPath,
  readReplace,
  readToolchain,
  type ToolchainDirective,
} from './gomod.ts';
import { decodeModFile, type ModFileProblem, parseModFileSyntax } from './modfile-lexer.ts';

/** A go.work: the directives that Go would accept, in file order, duplicates included. */
export interface GoWork {
  readonly go?: GoDirective;
  readonly toolchain?: ToolchainDirective;
  readonly use: readonly PathDirective[];
  readonly replace: readonly ReplaceDirective[];
  readonly godebug: readonly GodebugDirective[];
  /**
   * Errors that go reports: syntax errors first (go prints only the first of them), then those of directives.
   */
  readonly problems: readonly ModFileProblem[];
}

/** The directives read so far. */
interface Gathered {
  go?: GoDirective;
  toolchain?: ToolchainDirective;
  readonly use: PathDirective[];
  readonly replace: ReplaceDirective[];
  readonly godebug: GodebugDirective[];
}

const blockVerbs = new Set(['godebug', 'use', 'replace']);

/**
 * Parses a go.work. Never throws: lines that go would refuse are in `problems`, all others are still read.
 */
export function parseGoWork(bytes: Uint8Array): GoWork {
  const { statements, problems: syntax } = parseModFileSyntax(decodeModFile(bytes), 'go.work');
  const work: Gathered = { use: [], replace: [], godebug: [] };
  const problems = [
    ...syntax,
    ...readDirectives(statements, blockVerbs, (line) => readDirective(work, line)),
  ];
  return { ...work, problems };
}

/** Adds one directive to `work`; returns the error if go refuses the directive, else undefined. */
function readDirective(work: Gathered, { verb, args, source }: DirectiveLine): string | undefined {
  const { line } = source;
  switch (verb) {
    case 'go':
      return keep(readGo(args, line, work.go), (go) => {
        work.go = go;
      });
    case 'toolchain':
      return keep(readToolchain(args, line, work.toolchain), (toolchain) => {
        work.toolchain = toolchain;
      });
    case 'godebug':
      return keep(readGodebug(args, line), (godebug) => work.godebug.push(godebug));
    case 'use':
      return keep(readPath('usage: use local/dir', args, line), (use) => work.use.push(use));
    case 'replace':
      return keep(readReplace(args, line), (replace) => work.replace.push(replace));
    default:
      return `unknown directive: ${verb}`;
  }
}
