// What a reader gives may be unusable.

/** The message says in one sentence what is wrong: show it as it is. */
export class InputError extends Error {}

/** The object that is written as JSON in UTF-8; `name` is what the message calls it. */
export function parseObject(bytes, name) {
  try {
    const value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    if (value && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // the same sentence
  }
  throw new InputError(`${name} isn't a JSON object.`);
}
