// What is the same in two lists, and what is not.

/** How many elements two lists have in common at the beginning and, of the rest, at the end. */
function commonEnds(a, b) {
  const shorter = Math.min(a.length, b.length);
  let atStart = 0;
  while (atStart < shorter && a[atStart] === b[atStart]) atStart += 1;
  const rest = shorter - atStart;
  let atEnd = 0;
  while (atEnd < rest && a[a.length - 1 - atEnd] === b[b.length - 1 - atEnd]) atEnd += 1;
  return { atStart, atEnd };
}

/** The list with other elements in the place of those from `begin` to `end`. */
function replaceRange(list, begin, end, others) {
  return [...list.slice(0, begin), ...others, ...list.slice(end)];
}
