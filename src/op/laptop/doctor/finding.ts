/** One thing that doctor looked at. */
export interface Finding {
  readonly area: 'tools' | 'configuration' | 'registries' | 'cluster' | 'builders' | 'docker';
  readonly name: string;
  /** `missing` fails the command; `note` is worth knowing, and nothing of what is needed. */
  readonly state: 'ok' | 'missing' | 'note';
  /** For a person; never a secret. */
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
}
