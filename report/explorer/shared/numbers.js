// Numbers in the text of the page and in messages.

/** "1,000": a number, rounded to a whole one. */
function grouped(number) {
  return Math.round(number).toLocaleString("en");
}

/** "1.23" */
function twoDecimals(number) {
  return number.toFixed(2);
}
