// The contents of config.json: what describes a network.

// The arguments of each class of networks, as shakespeare/ has them.
const OF_CHAR_LSTM = ["chars", "embedding_size", "hidden_size", "num_layers"];
const OF_NORM_DROPOUT_LSTM = [...OF_CHAR_LSTM, "dropout", "layer_norm"];
const OF_COPY_LSTM = [...OF_NORM_DROPOUT_LSTM, "copy_size", "memory"];
export const ARGUMENTS = {
  CharLSTM: OF_CHAR_LSTM,
  NormDropoutLSTM: OF_NORM_DROPOUT_LSTM,
  CopyLSTM: OF_COPY_LSTM,
};

/** What a message about another network ends with. */
export const CAN_OPEN = "this page opens a CharLSTM, NormDropoutLSTM or CopyLSTM";

/** {name: shape} of the weights that belong to a config, by the names that PyTorch gives them. */
export function shapesOf(config) {
  const { chars, embedding_size, hidden_size, num_layers, layer_norm, copy_size } = config;
  const shapes = { "embedding.weight": [chars.length, embedding_size] };
  let inputSize = embedding_size;
  for (let number = 0; number < num_layers; number++) {
    shapes[`layers.${number}.weight_ih_l0`] = [4 * hidden_size, inputSize];
    shapes[`layers.${number}.weight_hh_l0`] = [4 * hidden_size, hidden_size];
    shapes[`layers.${number}.bias_ih_l0`] = [4 * hidden_size];
    shapes[`layers.${number}.bias_hh_l0`] = [4 * hidden_size];
    inputSize = hidden_size;
  }
  shapes["linear.weight"] = [chars.length, hidden_size];
  shapes["linear.bias"] = [chars.length];
  if (layer_norm) {
    for (let number = 0; number < num_layers; number++) {
      shapes[`norms.${number}.weight`] = [hidden_size];
      shapes[`norms.${number}.bias`] = [hidden_size];
    }
  }
  if (copy_size) {
    shapes["copy_head.query.weight"] = [copy_size, hidden_size];
    shapes["copy_head.query.bias"] = [copy_size];
    shapes["copy_head.key.weight"] = [copy_size, hidden_size];
    shapes["copy_head.write.weight"] = [1, hidden_size];
    shapes["copy_head.write.bias"] = [1];
  }
  return shapes;
}

/** How many numbers a tensor of this shape has. */
export function sizeOf(shape) {
  return shape.reduce((product, each) => product * each, 1);
}

/**
 * How the page draws from a network: its chosen sampling, otherwise defaults that drop nothing.
 *
 * The page has neither top-k nor top-p: it leaves those of the network out.
 */
export function samplingOf(config) {
  const sampling = config.facts?.sampling ?? {};
  return {
    temperature: Number.isFinite(sampling.temperature) ? sampling.temperature : 1,
    min_p: Number.isFinite(sampling.min_p) ? sampling.min_p : 0,
  };
}
