/** Parses untrusted JSON with a limit on its nesting depth. */

/** Largest accepted nesting depth; messages of Alertmanager have four levels. */
export const deepestJson = 32;

/** Returns the nesting depth of JSON text; for text that is not JSON the result is meaningless. */
export function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isText = false;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (isText) {
      if (unit === 0x5c) index++;
      else if (unit === 0x22) isText = false;
    } else if (unit === 0x22) isText = true;
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (unit === 0x5d || unit === 0x7d) depth--;
  }
  return deepest;
}

/** Parses JSON text; returns its value, or in one line why it was rejected. */
export function parseBounded(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string } {
  if (depthOf(text) > deepestJson)
    return { ok: false, why: `the body is nested more than ${deepestJson} levels deep` };
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    return { ok: false, why: 'the body is not JSON' };
  }
}
