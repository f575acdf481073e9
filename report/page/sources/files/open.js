// The files that a reader chooses, or drops on the page: a network, or a text to learn.

import { InputError } from "../shared/input.js";
import { checkText } from "../shared/texts.js";
import { checkSize, readNetwork } from "./check.js";

const LARGEST_TEXT = 8_000_000; // bytes; a character has up to four

/** The file with this name, or else the only one whose name ends alike, as "config (1).json". */
function findFile(files, name) {
  const exact = files.find((file) => file.name === name);
  const end = name.slice(name.lastIndexOf("."));
  const alike = files.filter((file) => file.name.toLowerCase().endsWith(end));
  return exact ?? (alike.length === 1 ? alike[0] : undefined);
}

/** Which file is which: {config, weights}; others, such as a program, are left alone. */
function pair(files) {
  const config = findFile(files, "config.json");
  const weights = findFile(files, "model.safetensors");
  if (config && weights) return { config, weights };
  throw new InputError("Choose a config.json and its model.safetensors by “Open two files”, or the folder they are in.");
}

/** The bytes of a file that isn't too large; `name` is what messages call it. */
async function readBytes(file, name) {
  checkSize(name, file.size);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new InputError(`${name} cannot be read: it was moved or changed, or isn't a file.`);
  }
}

/** The network in a list of Files: {config, tensors}. Raises InputError, also as a promise. */
export async function openNetwork(fileList) {
  const { config, weights } = pair([...fileList]);
  return readNetwork(
    await readBytes(config, "config.json"),
    await readBytes(weights, "model.safetensors"),
  );
}

/** The text of a File. Raises InputError, as a promise. */
export async function readText(file) {
  const name = `“${file.name}”`;
  if (file.size > LARGEST_TEXT) {
    throw new InputError(`${name} is larger than ${LARGEST_TEXT / 1e6} MB: choose a shorter text.`);
  }
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new InputError(`${name} isn't UTF-8 text, or can't be read: save it as UTF-8.`);
  }
  checkText(text);
  return text;
}
