/** A file of a multipart form, held in memory: the route's `bodyLimit` is its bound. Immutable but for its bytes. */
export class UploadedFile {
  /** As the client named it; it may hold anything, a path included. */
  readonly filename: string;
  /** What the client says it is, or null. */
  readonly contentType: string | null;
  /** All headers of its part, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;

  constructor(fields: { filename: string; headers: Readonly<Record<string, string>>; bytes: Uint8Array }) {
    this.filename = fields.filename;
    this.headers = fields.headers;
    this.contentType = fields.headers['content-type'] ?? null;
    this.bytes = fields.bytes;
    Object.freeze(this);
  }

  get size(): number {
    return this.bytes.length;
  }

  /** What a 422 echoes of it: never its content. */
  toJSON(): object {
    return { filename: this.filename, size: this.size, headers: this.headers };
  }
}
