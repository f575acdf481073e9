// How surprising a character is.

export const SMALLEST_P = 1e-30; // a probability that was rounded to 0 would be infinitely surprising

/** The surprise in bits at a character that had the probability p. */
export function surprisal(p) {
  const limited = Math.min(Math.max(p, SMALLEST_P), 1); // rounded, it may be a little more than 1
  return Math.log2(1 / limited);
}
