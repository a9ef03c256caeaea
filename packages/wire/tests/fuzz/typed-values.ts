/** The value that a tagged one stands for here. */
export function typedValue(tagged: unknown): unknown {
  return tagged;
}
