// How long a text to learn may be, for the page that opens it and the worker that learns it.

const MOST_CHARACTERS = 2_000_000; // as `length` counts them: counting them takes memory

/** Throws InputError for a text that is too long. */
function checkNotTooLong({ length }) {
  if (length <= MOST_CHARACTERS) return;
  const limit = grouped(MOST_CHARACTERS);
  throw new InputError(`The text has ${grouped(length)} characters: choose one with at most ${limit}.`);
}
