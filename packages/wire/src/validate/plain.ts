/**
 * Reads what most clients send, with no state and no record of errors: the typed value, or undefined (JSON has none) where
 * the check must decide. It is a part of that check, or made of the same fields, so it cannot differ from it. Of its input,
 * which JSON.parse made, it changes nothing, and takes nothing that JSON.parse may have changed.
 */
export type PlainReader = (input: unknown) => unknown;
