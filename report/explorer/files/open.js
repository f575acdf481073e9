// The two files of a network, as a reader chooses them or drops them on the page.

/** Which file is which, by the ends of their names: {config, weights}; others are left alone. */
function pair(files) {
  const endingWith = (end) => files.filter((file) => file.name.toLowerCase().endsWith(end));
  const configs = endingWith(".json");
  const weights = endingWith(".safetensors");
  const isPair = configs.length === 1 && weights.length === 1;
  if (!isPair) {
    throw new InputError("Choose two files together: a config.json and a model.safetensors.");
  }
  return { config: configs[0], weights: weights[0] };
}

/** The bytes of a file that isn't too large; `name` is what messages call it. */
async function readBytes(file, name) {
  checkSize(name, file.size);
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new InputError(`${name} cannot be read: it was moved or changed, or is no file.`);
  }
}

/** The network in a list of Files: {config, tensors}. Raises InputError, also as a promise. */
async function openNetwork(fileList) {
  const { config, weights } = pair([...fileList]);
  return readNetwork(
    await readBytes(config, "config.json"),
    await readBytes(weights, "model.safetensors"),
  );
}
