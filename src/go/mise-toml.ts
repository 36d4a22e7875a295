/**
 * The tools that a mise.toml asks for (mise, "tools" of its configuration). A small reader of TOML: enough of it to find the table `tools`
 * wherever else a file has strings, arrays and tables of any kind.
 */

/** One tool of a mise.toml. */
export interface MiseTool {
  /** As the file calls it, without `core:`: `go`, `golang`, `node`, `go:golang.org/x/tools/gopls`. */
  readonly name: string;
  /** The preferred version first; `unclear` for a template, or a table with conditions, which only mise itself can judge. */
  readonly versions: readonly string[] | 'unclear';
  /** From 1. */
  readonly line: number;
}

/** A value of TOML: numbers, dates and truth values are kept as nothing, for no version is one. */
type Value = string | undefined | readonly Value[] | ReadonlyMap<string, Value>;

/** Thrown inside of this file alone, where the text is no TOML. */
class NoToml extends Error {}

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };
/** Nesting that no configuration has, and that does not exhaust the stack. */
const deepest = 100;

class Reader {
  #at = 0;
  #line = 1;
  #counted = 0;
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }

  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  need(pattern: RegExp): string {
    const found = this.take(pattern);
    if (found === undefined) throw new NoToml();
    return found;
  }

  /** The line that the reader stands in, counted on from the last answer. */
  get line(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }

  /** Space, line ends and comments. */
  gap(): void {
    while (this.take(/[ \t\r\n]+|#[^\n]*/y) !== undefined);
  }

  /** `a."b.c".d` */
  keys(): readonly string[] {
    const keys: string[] = [];
    do {
      this.take(/[ \t]+/y);
      keys.push(this.take(/[A-Za-z0-9_-]+/y) ?? this.#quoted());
      this.take(/[ \t]+/y);
    } while (this.take(/\./y) !== undefined);
    return keys;
  }

  value(depth = 0): Value {
    if (depth > deepest) throw new NoToml();
    if (this.take(/\[/y) !== undefined) return this.#array(depth);
    if (this.take(/\{/y) !== undefined) return this.#table(depth);
    // Strings of several lines are scripts of tasks, and no version.
    if (this.take(/"""(?:[^\\]|\\.)*?"""+|'{3}.*?'{3,}/sy) !== undefined) return undefined;
    if (this.take(/[A-Za-z0-9+-][^,\]}#"'\r\n]*/y) !== undefined) return undefined;
    return this.#quoted();
  }

  #quoted(): string {
    const literal = this.take(/'[^'\n]*'/y);
    if (literal !== undefined) return literal.slice(1, -1);
    const basic = this.need(/"(?:[^"\\\n]|\\.)*"/y).slice(1, -1);
    return basic.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, code: string | undefined, letter: string) =>
      code === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    );
  }

  #array(depth: number): Value {
    const values: Value[] = [];
    for (;;) {
      this.gap();
      if (this.take(/\]/y) !== undefined) return values;
      values.push(this.value(depth + 1));
      this.gap();
      if (this.take(/,/y) === undefined) {
        this.need(/\]/y);
        return values;
      }
    }
  }

  #table(depth: number): Value {
    const table = new Map<string, Value>();
    for (;;) {
      this.gap();
      if (this.take(/\}/y) !== undefined) return table;
      const keys = this.keys();
      this.need(/=[ \t]*/y);
      table.set(keys.join('.'), this.value(depth + 1));
      this.gap();
      if (this.take(/,/y) === undefined) {
        this.need(/\}/y);
        return table;
      }
    }
  }

  get ended(): boolean {
    return this.#at >= this.#text.length;
  }
}

/** What one value says: a text, a list of such, or a table with `version`; a table for one system or another is unclear. */
function versionsOf(value: Value): MiseTool['versions'] {
  if (typeof value === 'string') return value.includes('{') ? 'unclear' : [value];
  if (value === undefined) return 'unclear';
  if (value instanceof Map) return value.has('os') ? 'unclear' : versionsOf(value.get('version'));
  const each = (value as readonly Value[]).map(versionsOf);
  return each.length === 0 || each.includes('unclear') ? 'unclear' : (each as string[][]).flat();
}

/**
 * The tools of a mise.toml in the order of the file; undefined for what is no TOML, which mise refuses as a whole. A table in the place of a
 * version (`{ version = "1.26" }`, `[tools.go]`) counts by its `version`.
 */
export function parseMiseToml(text: string): readonly MiseTool[] | undefined {
  const tools = new Map<string, { line: number; value: Value }>();
  const reader = new Reader(text.replace(/^\uFEFF/, ''));
  let table: readonly string[] = [];
  const add = (keys: readonly string[], line: number, value: Value): void => {
    const [first, name, ...rest] = keys;
    if (first !== 'tools') return;
    if (name === undefined) {
      if (value instanceof Map) for (const [tool, says] of value) add(['tools', tool], line, says);
      return;
    }
    const before = tools.get(name);
    const option = rest.join('.');
    if (option === '') tools.set(name, { line: before?.line ?? line, value });
    else if (before?.value instanceof Map) before.value.set(option, value);
    else tools.set(name, { line: before?.line ?? line, value: new Map([[option, value]]) });
  };
  try {
    for (reader.gap(); !reader.ended; reader.gap()) {
      const { line } = reader;
      if (reader.take(/\[\[?/y) !== undefined) {
        table = reader.keys();
        reader.need(/\]\]?/y);
      } else {
        const keys = reader.keys();
        reader.need(/=[ \t]*/y);
        add([...table, ...keys], line, reader.value());
      }
      // Nothing but a comment may follow on the line.
      reader.need(/[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y);
    }
  } catch (error) {
    if (error instanceof NoToml) return undefined;
    throw error;
  }
  return [...tools].map(([name, { line, value }]) => ({
    name: name.replace(/^core:/, ''),
    versions: versionsOf(value),
    line,
  }));
}

/** Whether a name of a version manager means Go: `golang` is what asdf calls it, `go` what mise does. */
export function isGo({ name }: Pick<MiseTool, 'name'>): boolean {
  return name === 'go' || name === 'golang';
}
