// The arithmetic of the network. Vectors are Float32Arrays; a matrix is one too, row after row.

export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

export function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0);
}

/** The sum of a[j] b[j]. Four sums that don't wait for each other are faster than one. */
export function dot(a, b) {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const whole = b.length - (b.length % 4);
  for (let j = 0; j < whole; j += 4) {
    sum0 += a[j] * b[j];
    sum1 += a[j + 1] * b[j + 1];
    sum2 += a[j + 2] * b[j + 2];
    sum3 += a[j + 3] * b[j + 3];
  }
  for (let j = whole; j < b.length; j++) {
    sum0 += a[j] * b[j];
  }
  return sum0 + sum1 + sum2 + sum3;
}

/**
 * W x + bias, or W x without a bias.
 *
 * Nearly all time is spent here. Eight rows at a time are faster than one, because their sums
 * don't wait for each other and x[j] is loaded once for all eight.
 */
export function linear(W, x, bias) {
  const columns = x.length;
  const rows = W.length / columns;
  const y = bias ? bias.slice() : new Float32Array(rows);
  const whole = rows - (rows % 8);
  for (let row = 0; row < whole; row += 8) addEightRows(y, W, x, row);
  for (let row = whole; row < rows; row++) {
    y[row] += dot(W.subarray(row * columns, (row + 1) * columns), x);
  }
  return y;
}

function addEightRows(y, W, x, row) {
  const columns = x.length;
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let sum4 = 0;
  let sum5 = 0;
  let sum6 = 0;
  let sum7 = 0;
  let at = row * columns;
  for (let j = 0; j < columns; j++) {
    const xj = x[j];
    sum0 += W[at] * xj;
    sum1 += W[at + columns] * xj;
    sum2 += W[at + 2 * columns] * xj;
    sum3 += W[at + 3 * columns] * xj;
    sum4 += W[at + 4 * columns] * xj;
    sum5 += W[at + 5 * columns] * xj;
    sum6 += W[at + 6 * columns] * xj;
    sum7 += W[at + 7 * columns] * xj;
    at += 1;
  }
  y[row] += sum0;
  y[row + 1] += sum1;
  y[row + 2] += sum2;
  y[row + 3] += sum3;
  y[row + 4] += sum4;
  y[row + 5] += sum5;
  y[row + 6] += sum6;
  y[row + 7] += sum7;
}

export function softmax(scores) {
  const highest = scores.reduce((a, b) => Math.max(a, b));
  const powers = scores.map((score) => Math.exp(score - highest)); // at most 1: no overflow
  const total = sum(powers);
  return powers.map((power) => power / total);
}

const EPSILON = 1e-5; // PyTorch's default: keeps a division by zero away

/** Layer normalisation (Ba et al. 2016), as in torch.nn.LayerNorm. */
export function layerNorm(x, weight, bias) {
  const mean = sum(x) / x.length;
  const variance = x.reduce((total, each) => total + (each - mean) ** 2, 0) / x.length;
  const deviation = Math.sqrt(variance + EPSILON);
  return x.map((each, j) => ((each - mean) / deviation) * weight[j] + bias[j]);
}
