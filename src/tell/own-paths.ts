/** Reserved paths of the metrics listener, other than the metrics page. */

export const statusPath = '/';
export const probePath = '/probe';
export const healthyPath = '/-/healthy';
export const readyPath = '/-/ready';

/** Reports whether a path is reserved and cannot be the telemetry path. */
export const isOwnPath = (path: string): boolean =>
  path === statusPath || path === probePath || path.startsWith('/-/');
