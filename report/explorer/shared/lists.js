// What is the same in two lists, for the worker and the page.

/** How many elements two lists have in common at the beginning. */
function commonLength(a, b) {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}
