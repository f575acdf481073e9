// Numbers in the text of the page and in messages.

/** "1,000": a number, rounded to a whole one. */
export function grouped(number) {
  return Math.round(number).toLocaleString("en");
}

/** "1.23", with a real minus where it is negative, and not "−0.00". */
export function twoDecimals(number) {
  const digits = Math.abs(number).toFixed(2);
  const isNegative = number < 0 && Number(digits) > 0;
  return isNegative ? `−${digits}` : digits;
}

/** "12.3", of a hundred; less than one has two decimals. */
export const inPercent = (share) => (100 * share).toFixed(share >= 0.01 ? 1 : 2);

/** "12.3 %", with a space that doesn't break */
export const percent = (share) => `${inPercent(share)}\u00a0%`;

/** "1 bit", "21 bits", "0.8 bits" */
export function inBits(bits, decimals = 0) {
  const digits = bits.toFixed(decimals);
  return `${digits} ${digits === "1" ? "bit" : "bits"}`;
}

/** "1 character", "1,000 characters" */
export function inCharacters(count) {
  return `${grouped(count)} ${count === 1 ? "character" : "characters"}`;
}
