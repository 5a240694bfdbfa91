/** An expected failure of building an image, reported as everywhere in the project: what, why, what to do. */
export class BuildError extends Error {
  readonly why: string;
  readonly hint: string;

  constructor(what: string, why: string, hint: string) {
    super(what);
    this.name = 'BuildError';
    this.why = why;
    this.hint = hint;
  }
}
