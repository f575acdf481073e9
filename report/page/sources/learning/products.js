// Products of matrices: nearly all of the time of learning is spent here.
//
// A matrix is a Float32Array, row after row. Of a batch, each text is a row; of a window, the rows of
// the first step come first. So a whole window is one matrix, and each of its steps a part of it.

/**
 * Adds A Bᵀ to a matrix: sums[r, c] += the sum of A[r, k] B[c, k] over all k.
 *
 * `length` is that of a row in A and in B. Both are read along their rows, which is why all other
 * products transpose first. Eight sums at a time are faster than one, because each number that was
 * loaded is used for two or four of them.
 */
export function addProduct(sums, A, B, length) {
  const rows = A.length / length;
  const columns = B.length / length;
  const evenRows = rows - (rows % 2);
  const wholeColumns = columns - (columns % 4);
  for (let row = 0; row < evenRows; row += 2) {
    for (let column = 0; column < wholeColumns; column += 4) {
      addEight(sums, A, B, length, columns, row, column);
    }
    addOneByOne(sums, A, B, length, columns, row, wholeColumns);
    addOneByOne(sums, A, B, length, columns, row + 1, wholeColumns);
  }
  if (evenRows < rows) addOneByOne(sums, A, B, length, columns, evenRows, 0);
}

/** The sums in two rows and four columns, from `row` and `column` on. */
function addEight(sums, A, B, length, columns, row, column) {
  const a0 = row * length;
  const a1 = a0 + length;
  const b0 = column * length;
  const b1 = b0 + length;
  const b2 = b1 + length;
  const b3 = b2 + length;
  let sum00 = 0;
  let sum01 = 0;
  let sum02 = 0;
  let sum03 = 0;
  let sum10 = 0;
  let sum11 = 0;
  let sum12 = 0;
  let sum13 = 0;
  for (let k = 0; k < length; k++) {
    const inRow0 = A[a0 + k];
    const inRow1 = A[a1 + k];
    const inColumn0 = B[b0 + k];
    const inColumn1 = B[b1 + k];
    const inColumn2 = B[b2 + k];
    const inColumn3 = B[b3 + k];
    sum00 += inRow0 * inColumn0;
    sum01 += inRow0 * inColumn1;
    sum02 += inRow0 * inColumn2;
    sum03 += inRow0 * inColumn3;
    sum10 += inRow1 * inColumn0;
    sum11 += inRow1 * inColumn1;
    sum12 += inRow1 * inColumn2;
    sum13 += inRow1 * inColumn3;
  }
  const at0 = row * columns + column;
  const at1 = at0 + columns;
  sums[at0] += sum00;
  sums[at0 + 1] += sum01;
  sums[at0 + 2] += sum02;
  sums[at0 + 3] += sum03;
  sums[at1] += sum10;
  sums[at1 + 1] += sum11;
  sums[at1 + 2] += sum12;
  sums[at1 + 3] += sum13;
}

/** The sums in one row, from the column `first` to the last. */
function addOneByOne(sums, A, B, length, columns, row, first) {
  const a = row * length;
  for (let column = first; column < columns; column++) {
    const b = column * length;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      sum += A[a + k] * B[b + k];
    }
    sums[row * columns + column] += sum;
  }
}

/** Writes Aᵀ into `transposed`; `length` is that of a row in A. */
export function transpose(transposed, A, length) {
  const rows = A.length / length;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < length; column++) {
      transposed[column * rows + row] = A[row * length + column];
    }
  }
}

/** Writes the same row into all rows of a matrix. */
export function fillRows(matrix, row) {
  for (let start = 0; start < matrix.length; start += row.length) matrix.set(row, start);
}

/** Adds all rows of a matrix to `sums`. */
export function addRows(sums, matrix) {
  const length = sums.length;
  for (let start = 0; start < matrix.length; start += length) {
    for (let column = 0; column < length; column++) {
      sums[column] += matrix[start + column];
    }
  }
}

/** An array in `count` parts of the same length, which share its memory. */
export function inParts(array, count) {
  const length = array.length / count;
  const parts = [];
  for (let start = 0; start < array.length; start += length) {
    parts.push(array.subarray(start, start + length));
  }
  return parts;
}
