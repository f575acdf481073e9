// How long a text to learn may be, for the page that opens it and the worker that learns it.

const FEWEST_CHARACTERS = 1000; // as `length` counts them: a tenth is held out
const MOST_CHARACTERS = 2_000_000; // the counting model takes memory

/** Throws InputError for a text that is too short or too long. */
function checkLength({ length }) {
  const found = `The text has ${inCharacters(length)}`;
  if (length < FEWEST_CHARACTERS) {
    throw new InputError(`${found}: choose one with at least ${grouped(FEWEST_CHARACTERS)}.`);
  }
  if (length > MOST_CHARACTERS) {
    throw new InputError(`${found}: choose one with at most ${grouped(MOST_CHARACTERS)}.`);
  }
}
