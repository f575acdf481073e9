// From gradients to new weights: clipping and Adam, as in PyTorch.

const MEAN_DECAY = 0.9; // beta1
const SQUARE_DECAY = 0.999; // beta2
const ADAM_EPSILON = 1e-8; // keeps a division by zero away

/** Shortens the gradient to a length of `most` if it is longer; returns how long it was. */
export function clip(gradients, most) {
  let squares = 0;
  for (let j = 0; j < gradients.length; j++) {
    squares += gradients[j] ** 2;
  }
  const length = Math.sqrt(squares);
  const scale = most / (length + 1e-6); // as in torch.nn.utils.clip_grad_norm_
  if (scale < 1) {
    for (let j = 0; j < gradients.length; j++) {
      gradients[j] *= scale;
    }
  }
  return length;
}

/** Adam (Kingma and Ba 2015): moves each weight by about the learning rate, whatever its gradient. */
export class Adam {
  constructor({ weights, gradients }) {
    this.weights = weights;
    this.gradients = gradients;
    this.means = new Float32Array(weights.length); // of the gradients, recent ones count most
    this.squares = new Float32Array(weights.length); // the same of their squares
    this.steps = 0;
  }

  step(learningRate) {
    const { weights, gradients, means, squares } = this;
    this.steps += 1;
    // Both means begin at 0, and at first they are too small by these factors.
    const meanFactor = 1 - MEAN_DECAY ** this.steps;
    const squareFactor = Math.sqrt(1 - SQUARE_DECAY ** this.steps);
    const size = learningRate / meanFactor;
    for (let j = 0; j < weights.length; j++) {
      const gradient = gradients[j];
      const mean = MEAN_DECAY * means[j] + (1 - MEAN_DECAY) * gradient;
      const square = SQUARE_DECAY * squares[j] + (1 - SQUARE_DECAY) * gradient * gradient;
      means[j] = mean;
      squares[j] = square;
      weights[j] -= (size * mean) / (Math.sqrt(square) / squareFactor + ADAM_EPSILON);
    }
  }
}
