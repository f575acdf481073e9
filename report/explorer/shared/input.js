// What a reader gives may be unusable, or crafted to mislead.

/** The message says in one sentence what is wrong: show it as it is. */
export class InputError extends Error {}

const LONGEST_QUOTE = 50; // characters

// Control and format characters (among them those that change the direction of writing), halves of
// characters, private ones, and the separators of lines and paragraphs.
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

/** A value of an untrusted file in a message: short, and without characters that hide others. */
export function quote(value) {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  const visible = text.replace(INVISIBLE, (character) => {
    return `\\u${character.codePointAt(0).toString(16).padStart(4, "0")}`;
  });
  return cut(visible);
}

export function cut(text) {
  const characters = Array.from(text); // not the halves of characters
  if (characters.length <= LONGEST_QUOTE) return text;
  return `${characters.slice(0, LONGEST_QUOTE).join("")}…`;
}

export const isObject = (value) => {
  return typeof value === "object" && value !== null && !Array.isArray(value);
};

/** The object that is written as JSON in UTF-8; `name` is what the message calls it. */
export function parseObject(bytes, name) {
  let value;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new InputError(`${name} is not JSON.`);
  }
  if (!isObject(value)) throw new InputError(`${name} is not a JSON object.`);
  return value;
}
