/** Adds the headers of a web configuration to every answer. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

type Given = OutgoingHttpHeaders | readonly string[] | undefined;

/**
 * Returns the headers given to `writeHead`, with some of them replaced; an empty value removes one. The
 * result is a flat list, as Node accepts it.
 */
function withHeaders(given: Given, headers: Readonly<Record<string, string>>): string[] {
  const replaced = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const pairs: (readonly [string, unknown])[] = Array.isArray(given)
    ? given.flatMap((name, index) => (index % 2 === 0 ? [[name as string, given[index + 1]] as const] : []))
    : Object.entries(given ?? {});
  const kept = pairs.filter(([name, value]) => value !== undefined && !replaced.has(name.toLowerCase()));
  const lines = kept.flatMap(([name, value]) => [value].flat().map((one) => [name, String(one)] as const));
  return [...lines, ...Object.entries(headers).filter(([, value]) => value !== '')].flat();
}

/** Makes a response that has not started carry these headers, in place of any of the same name. */
export function overlayHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  if (Object.keys(headers).length === 0) return;
  const writeHead = response.writeHead.bind(response) as (
    status: number,
    reason: string | undefined,
    headers: string[],
  ) => ServerResponse;
  const overlaid = (status: number, ...rest: readonly (string | Given)[]): ServerResponse => {
    const given = rest.at(-1);
    for (const name of Object.keys(headers)) response.removeHeader(name);
    return writeHead(
      status,
      typeof rest[0] === 'string' ? rest[0] : undefined,
      withHeaders(typeof given === 'string' ? undefined : given, headers),
    );
  };
  response.writeHead = overlaid as typeof response.writeHead;
}
