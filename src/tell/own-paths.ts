/** Paths of the metrics listener that are not the page with the metrics. */

export const statusPath = '/';
export const probePath = '/probe';
export const healthyPath = '/-/healthy';
export const readyPath = '/-/ready';

/** What has a meaning of its own, so that no other page may be served there. */
export const isOwnPath = (path: string): boolean =>
  path === statusPath || path === probePath || path.startsWith('/-/');
