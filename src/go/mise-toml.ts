/**
 * Reads the tools that a mise.toml requests ("tools" in mise's configuration). Contains a small TOML reader,
 * which supports just enough of the language to find the table `tools` in any configuration.
 */

/** One tool of a mise.toml. */
export interface MiseTool {
  /** The name as in the file but without `core:`: `go`, `golang`, `node`, `go:golang.org/x/tools/gopls`. */
  readonly name: string;
  /**
   * The versions, preferred one first; `unclear` for a template or a table with conditions, which only mise
   * can evaluate.
   */
  readonly versions: readonly string[] | 'unclear';
  /** Line number, from 1. */
  readonly line: number;
}

/** A TOML value. Numbers, dates and booleans are undefined, since none of them is a version. */
type Value = string | undefined | readonly Value[] | ReadonlyMap<string, Value>;

/** Thrown, and caught in this file, if the text is not TOML. */
class NoToml extends Error {}

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r' };
/** Deepest nesting that is read: deeper than any real configuration, and safe for the stack. */
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

  /** The current line number. Counts on from the previous call, so that reading stays linear. */
  get line(): number {
    for (; this.#counted < this.#at; this.#counted++) if (this.#text[this.#counted] === '\n') this.#line++;
    return this.#line;
  }

  /** Skips blanks, line ends and comments. */
  gap(): void {
    while (this.take(/[ \t\r\n]+|#[^\n]*/y) !== undefined);
  }

  /** Reads a dotted key: `a."b.c".d` → `['a', 'b.c', 'd']`. */
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
    // Multi-line strings are scripts of tasks, never versions.
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

/**
 * Returns the versions in a value: a string, a list of values, or a table with `version`; a table with `os`
 * is unclear.
 */
function versionsOf(value: Value): MiseTool['versions'] {
  if (typeof value === 'string') return value.includes('{') ? 'unclear' : [value];
  if (value === undefined) return 'unclear';
  if (value instanceof Map) return value.has('os') ? 'unclear' : versionsOf(value.get('version'));
  const each = (value as readonly Value[]).map(versionsOf);
  return each.length === 0 || each.includes('unclear') ? 'unclear' : (each as string[][]).flat();
}

/**
 * Returns the tools of a mise.toml in file order; undefined if the text is not TOML, which mise refuses as a
 * whole. If the value of a tool is a table (`{ version = "1.26" }`, `[tools.go]`), its `version` counts.
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

/** Reports whether a tool is Go: asdf calls it `golang`, mise `go`. */
export function isGo({ name }: Pick<MiseTool, 'name'>): boolean {
  return name === 'go' || name === 'golang';
}
