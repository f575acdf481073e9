// What is the same in two lists, for the worker and the page, and lists of numbers in an address.

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

export const isSameList = (a, b) => a.length === b.length && commonLength(a, b) === a.length;

/** "65,70-74": numbers, the lowest first. */
export function toRanges(numbers) {
  const ranges = []; // {first, last}
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range?.last === number - 1) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? first : `${first}-${last}`)).join(",");
}

/** The numbers in such ranges that are below a limit, each once. */
export function fromRanges(ranges, limit) {
  const numbers = [];
  let next = 0; // ranges that come earlier, or overlap, add nothing: each number is visited once
  for (const [, first, last = first] of ranges.matchAll(/(\d+)(?:-(\d+))?/g)) {
    const end = Math.min(Number(last) + 1, limit);
    for (next = Math.max(next, Number(first)); next < end; next++) numbers.push(next);
  }
  return numbers;
}
