/** Variables of Go that say from where a module is fetched, and how it is verified (go help environment, go help module-private). */
export const fetchNames = [
  'GOPROXY',
  'GOSUMDB',
  'GOPRIVATE',
  'GONOPROXY',
  'GONOSUMDB',
  'GOINSECURE',
] as const;
