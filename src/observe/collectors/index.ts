/** All collectors, one for each facet. */
import type { Facet } from '../../catalog/facets.ts';
import { collectCache } from './cache/cache.ts';
import type { Collector } from './collector.ts';
import { collectContext } from './context/context.ts';
import { collectEditors } from './context/editors.ts';
import { collectEnv } from './env/env.ts';
import { collectModules } from './modules/modules.ts';
import { collectToolchain } from './toolchain/toolchain.ts';
import { collectTools } from './tools/tools.ts';

export const collectors: { readonly [F in Facet]: Collector<F> } = {
  toolchain: { collect: ({ sources, options }) => collectToolchain(sources, options.digest) },
  env: {
    collect: async ({ sources, commands, options }) => ({
      status: 'ok',
      ...(await collectEnv(sources, commands, options.confirmation, options.secretKey)),
      // The effective values are derived from the `go` that answers. Without one, missing entries are unknown
      // rather than removed.
      ...(sources.local === undefined ? { unsettled: ['env.*'] } : {}),
    }),
  },
  modules: {
    collect: ({ sources, commands, clock, options }) =>
      collectModules(sources, commands, clock, { ...options, whole: options.whole === true }),
  },
  cache: { collect: ({ sources, options }) => collectCache(sources, options.cache) },
  tools: { collect: ({ sources }) => collectTools(sources) },
  context: {
    ofUnreadable: true,
    collect: ({ sources, machine }) => ({
      status: 'ok',
      facts: collectContext({
        root: sources.root,
        machine,
        environment: sources.environment.variables,
        ...(sources.environment.reading.readable ? { editors: () => collectEditors(sources) } : {}),
      }),
    }),
  },
};
