/** A text that writes itself as asterisks everywhere but where it is asked for. */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return this.#text === '' ? '' : '**********';
  }

  toJSON(): string {
    return this.toString();
  }
}
