/**
 * A whole body whose content-type is not JSON: for FastAPI these are Python's bytes, which a text or a number can be
 * read from and a Decimal, a URL or a list cannot. Writes itself as its text. Immutable.
 */
export class ByteText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    Object.freeze(this);
  }

  toJSON(): string {
    return this.text;
  }
}
