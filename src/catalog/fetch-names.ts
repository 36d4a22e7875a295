/**
 * Go variables that control where modules are fetched from and how they are verified (go help environment, go
 * help module-private).
 */
export const fetchNames = [
  'GOPROXY',
  'GOSUMDB',
  'GOPRIVATE',
  'GONOPROXY',
  'GONOSUMDB',
  'GOINSECURE',
] as const;
