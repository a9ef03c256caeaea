/**
 * A whole body whose content-type is not JSON: for FastAPI these are Python's bytes, which a text or a number can be
 * read from and a Decimal, a URL or a list cannot. `text` has U+FFFD for what is not UTF-8. Writes itself as its text.
 */
export class ByteText {
  readonly text: string;
  readonly bytes: Uint8Array;

  constructor(text: string, bytes: Uint8Array) {
    this.text = text;
    this.bytes = bytes;
  }

  /** Every byte as two digits. */
  toHex(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString('hex');
  }

  toJSON(): string {
    return this.text;
  }
}
