// What is the same in two lists, for the worker and the page.

/** How many elements two lists have in common at the beginning. */
export function commonLength(a, b) {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length += 1;
  return length;
}

/** How many elements two lists have in common at the beginning and, of the rest, at the end. */
export function commonEnds(a, b) {
  const atStart = commonLength(a, b);
  const rest = Math.min(a.length, b.length) - atStart;
  let atEnd = 0;
  while (atEnd < rest && a[a.length - 1 - atEnd] === b[b.length - 1 - atEnd]) atEnd += 1;
  return { atStart, atEnd };
}

/** The list with other elements in the place of those from `begin` to `end`. */
export function replaceRange(list, begin, end, others) {
  return [...list.slice(0, begin), ...others, ...list.slice(end)];
}
