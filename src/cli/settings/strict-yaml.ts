/**
 * Parses YAML from files that others may write into plain data. What a small file can make a parser do is
 * bounded first: multiplying aliases, deep nesting, and the quadratic comparison of keys.
 */
import { isCollection, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { AppError } from '../../catalog/errors.ts';

/** Most bytes of a file, and most values in it (keys, scalars, lists and maps together). */
export interface YamlLimits {
  readonly bytes: number;
  readonly nodes: number;
}

/** For `.godrift.yml` of a workspace, whose pins and required variables take about ten lines. */
export const workspaceLimits: YamlLimits = { bytes: 64 * 1024, nodes: 2_000 };
/** For `--config.file`: 500 targets with every key take 150 KiB and 20,000 values. */
export const configLimits: YamlLimits = { bytes: 1024 * 1024, nodes: 100_000 };

/** Deepest nesting of lists and maps; the schemas need five levels. */
const deepest = 20;
/**
 * Most values that aliases may expand to: enough for a few shared settings, not for an exponential blow-up.
 */
const mostAliased = 20;

const oneLine = (message: string) => message.split('\n')[0]?.replace(/:$/, '') ?? 'bad YAML';

/**
 * Checks the shape of a document in a single walk over its nodes. Returns the problem in one line; undefined
 * if there is none.
 */
function shapeProblem(root: Node, lines: LineCounter, limits: YamlLimits): string | undefined {
  let nodes = 0;
  let problem: string | undefined;
  visit(root, {
    Node(_, node, path) {
      nodes++;
      const { line } = lines.linePos(node.range?.[0] ?? 0);
      if (nodes > limits.nodes) problem = `it holds more than ${limits.nodes} values`;
      else if (path.filter(isCollection).length > deepest)
        problem = `it is nested more than ${deepest} levels deep at line ${line}`;
      else if (isMap(node)) problem = repeatedKey(node.items, lines);
      return problem === undefined ? undefined : visit.BREAK;
    },
  });
  return problem;
}

function repeatedKey(items: readonly { readonly key: unknown }[], lines: LineCounter): string | undefined {
  const keys = new Set<unknown>();
  for (const { key } of items) {
    const name = isScalar(key) ? key.value : key;
    if (keys.has(name)) {
      const { line, col } = lines.linePos((isScalar(key) ? key.range?.[0] : undefined) ?? 0);
      return `Map keys must be unique at line ${line}, column ${col}`;
    }
    keys.add(name);
  }
  return undefined;
}

/**
 * Parses YAML text into plain data; null for an empty text. Throws AppError for invalid YAML and for what
 * exceeds the limits. `path` names the file in messages.
 */
export function parseYaml(text: string, path: string, limits: YamlLimits): unknown {
  const refuse = (why: string) => new AppError(`cannot read ${path}`, why, 'correct the file');
  if (text.length > limits.bytes) throw refuse(`it is larger than ${limits.bytes} bytes`);
  const lines = new LineCounter();
  // Duplicate keys are found by shapeProblem: the library compares each key with every other one.
  const document = parseDocument(text, { strict: true, uniqueKeys: false, lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax?.code === 'RESOURCE_EXHAUSTION') throw refuse(`it is nested too deeply`);
  if (syntax !== undefined) throw refuse(oneLine(syntax.message));
  const problem = document.contents === null ? undefined : shapeProblem(document.contents, lines, limits);
  if (problem !== undefined) throw refuse(problem);
  try {
    return document.toJS({ maxAliasCount: mostAliased });
  } catch (error) {
    // An undefined alias, or aliases that expand to too much.
    throw refuse(error instanceof Error ? oneLine(error.message) : 'bad YAML');
  }
}
