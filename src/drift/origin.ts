/** Where a value comes from (contract: `origin` of a finding). */
export interface Origin {
  readonly kind: 'process' | 'goenv' | 'goroot' | 'file' | 'default';
  readonly path?: string;
  readonly line?: number;
}
