/** Version and revision, put in by the bundler; source runs (tests) say `0.0.0-dev`. */
declare const GODRIFT_VERSION: string | undefined;
declare const GODRIFT_REVISION: string | undefined;

export const version = typeof GODRIFT_VERSION === 'string' ? GODRIFT_VERSION : '0.0.0-dev';
export const revision = typeof GODRIFT_REVISION === 'string' ? GODRIFT_REVISION : 'unknown';
