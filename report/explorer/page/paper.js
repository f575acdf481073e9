// The coloured letters under the textarea, fast for long texts too.

// A piece is several empty lines, or a line, or a part of a long one: at most 500 characters.
const PIECE = /\n{2,500}|[^\n]{0,500}\n|[^\n]{1,500}/gu;
const FIRST_IN_SIGHT = 9; // of new pieces, until the observer knows: a guess

/**
 * Shows a text in pieces: elements that stay when the text around them changes.
 *
 * Only pieces in sight have an element for each character. `styleOf(position, character)` is its
 * look: {className, background}.
 */
class Paper {
  constructor(sheet, element, styleOf) {
    this.sheet = sheet;
    this.element = element;
    this.styleOf = styleOf;
    this.pieces = []; // see `makePiece`
    this.toColour = new Set(); // pieces, in the next frame
    this.sight = new IntersectionObserver((entries) => this.see(entries), {
      root: sheet,
      rootMargin: "300px",
    });
  }

  /** Pieces have come into sight or left it. */
  see(entries) {
    for (const { target, isIntersecting } of entries) {
      const piece = target.piece;
      piece.inSight = isIntersecting;
      if (isIntersecting) this.colourLater(piece);
      else target.textContent = piece.line;
    }
  }

  layOut(text) {
    const lines = text.match(PIECE) ?? [];
    const oldLines = this.pieces.map((piece) => piece.line);
    const { atStart, atEnd } = commonEnds(lines, oldLines);
    const endOfOld = oldLines.length - atEnd;
    for (const piece of this.pieces.slice(atStart, endOfOld)) {
      this.sight.unobserve(piece.element);
      piece.element.remove();
    }
    const next = this.pieces[endOfOld]?.element ?? null; // null: at the end
    const added = lines.slice(atStart, lines.length - atEnd).map(makePiece);
    added.forEach((piece, k) => {
      piece.inSight = k < FIRST_IN_SIGHT;
      this.element.insertBefore(piece.element, next);
      this.sight.observe(piece.element);
      this.colourLater(piece);
    });
    this.pieces = replaceRange(this.pieces, atStart, endOfOld, added);
    this.placePieces();
  }

  /** Says where each piece starts. Whole lines become blocks: the browser lays each out alone. */
  placePieces() {
    let start = 0;
    let startsLine = true;
    for (const piece of this.pieces) {
      piece.start = start;
      start += piece.length;
      const endsLine = piece.line.endsWith("\n");
      piece.element.classList.toggle("line", startsLine && endsLine);
      startsLine = endsLine;
    }
  }

  colourLater(piece) {
    if (this.toColour.size === 0) requestAnimationFrame(() => this.colour());
    this.toColour.add(piece);
  }

  /** Colours the characters from `start` to before `end` again. */
  colourRange(start, end) {
    for (const piece of this.pieces) {
      const overlaps = piece.start < end && start < piece.start + piece.length;
      if (overlaps) this.colourLater(piece);
    }
  }

  colourAll() {
    this.pieces.forEach((piece) => this.colourLater(piece));
  }

  colour() {
    for (const piece of this.toColour) {
      if (piece.inSight) piece.element.replaceChildren(...this.makeLetters(piece));
    }
    this.toColour.clear();
  }

  makeLetters(piece) {
    return Array.from(piece.line, (character, k) => {
      const { className, background } = this.styleOf(piece.start + k, character);
      const letter = make("span", { textContent: character, className });
      letter.style.background = background;
      return letter;
    });
  }

  /** The position of the character at a point of the window, or undefined. */
  positionAt(x, y) {
    const elements = document.elementsFromPoint(x, y);
    const letter = elements.find((element) => element.parentElement?.piece);
    if (!letter) return undefined;
    const line = letter.parentElement;
    return line.piece.start + [...line.children].indexOf(letter);
  }

  /** Where a character is on the paper, in pixels: {left, right, top, bottom}; or undefined. */
  boxOf(position) {
    const piece = this.pieces.find(({ start, length }) => position < start + length);
    if (!piece) return undefined;
    const range = rangeOf(piece, position - piece.start);
    const box = range.getBoundingClientRect();
    const origin = this.element.getBoundingClientRect();
    return {
      left: box.left - origin.left,
      right: box.right - origin.left,
      top: box.top - origin.top,
      bottom: box.bottom - origin.top,
    };
  }

  /** Scrolls, if two characters aren't in sight, so that they are: the second, at least. */
  show(first, second) {
    const { sheet } = this;
    const height = sheet.clientHeight;
    const begin = this.boxOf(first);
    const end = this.boxOf(second);
    if (!begin || !end) return; // the text has become shorter
    const areInSight = begin.top >= sheet.scrollTop && end.bottom <= sheet.scrollTop + height;
    if (areInSight) return;
    const fit = end.bottom - begin.top <= height;
    const top = fit ? begin.top : end.top;
    sheet.scrollTop = (top + end.bottom - height) / 2;
  }
}

/** The character with number `k` of a piece, which has an element only while it is in sight. */
function rangeOf({ line, element }, k) {
  const range = document.createRange();
  const letters = element.children;
  if (letters.length) {
    range.selectNode(letters[k]);
    return range;
  }
  const characters = Array.from(line);
  const begin = characters.slice(0, k).join("").length; // in units of UTF-16, which an emoji has two of
  range.setStart(element.firstChild, begin);
  range.setEnd(element.firstChild, begin + characters[k].length);
  return range;
}

/** A piece and its element; `start` and `inSight` are set when it is laid out. */
function makePiece(line) {
  const element = make("span", { textContent: line });
  const length = Array.from(line).length; // in characters: an emoji is one
  const piece = { line, element, length, start: 0, inSight: false };
  element.piece = piece;
  return piece;
}
