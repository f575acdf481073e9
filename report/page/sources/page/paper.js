// The coloured letters under the textarea, fast for long texts too.

import { commonEnds, replaceRange } from "../shared/lists.js";
import { make } from "./elements.js";

// A piece is several empty lines, or a line, or a part of a long one: at most 500 characters.
const PIECE = /\n{2,500}|[^\n]{0,500}\n|[^\n]{1,500}/gu;
const BETWEEN_LINES = 4; // pixels, at most, to a letter: lines have gaps, where one may tap, too
const FIRST_IN_SIGHT = 9; // of new pieces, until the observer knows: a guess

/**
 * Shows a text in pieces: elements that stay when the text around them changes.
 *
 * Only pieces in sight have an element for each character. `lookOf(position, character)` is its
 * look: {className, background}.
 */
export class Paper {
  constructor(sheet, element, lookOf) {
    this.sheet = sheet;
    this.element = element;
    this.lookOf = lookOf;
    this.pieces = []; // see `makePiece`
    this.sight = new IntersectionObserver((entries) => this.see(entries), {
      root: sheet,
      rootMargin: "300px",
    });
  }

  /** Pieces have come into sight or left it. */
  see(entries) {
    for (const { target, isIntersecting } of entries) {
      const { piece } = target;
      piece.inSight = isIntersecting;
      if (isIntersecting) {
        this.dress(piece);
      } else {
        piece.letters = null;
        target.textContent = piece.line;
      }
    }
  }

  /** Gives each letter in sight its look. */
  draw() {
    for (const piece of this.pieces) {
      if (piece.inSight) this.dress(piece);
    }
  }

  dress(piece) {
    if (piece.letters === null) {
      piece.letters = Array.from(piece.line, (textContent) => make("span", { textContent }));
      piece.element.replaceChildren(...piece.letters);
    }
    piece.letters.forEach((letter, k) => {
      const { className, background } = this.lookOf(piece.start + k, letter.textContent);
      const look = `${className} ${background}`;
      if (letter.look === look) return; // as most of them in most frames
      letter.look = look;
      letter.className = className;
      letter.style.background = background;
    });
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

  /** The position of the character at a point of the window, or undefined. */
  positionAt(x, y) {
    const heights = [y, y - BETWEEN_LINES, y + BETWEEN_LINES];
    const letter = heights.map((height) => letterAt(x, height)).find(Boolean);
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

function letterAt(x, y) {
  const elements = document.elementsFromPoint(x, y);
  return elements.find((element) => element.parentElement?.piece);
}

/** The character with number `k` of a piece, which has an element only while it is in sight. */
function rangeOf({ line, element, letters }, k) {
  const range = document.createRange();
  if (letters) {
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
  const piece = { line, element, length, letters: null, start: 0, inSight: false };
  element.piece = piece;
  return piece;
}
