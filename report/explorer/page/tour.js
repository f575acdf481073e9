// A tour in short steps. It begins by itself at a first visit, and whenever you ask for it.

const TOUR_SEEN = "explorer-tour"; // in the browser's storage, once the tour was closed
const TOUR_GAP = 12; // pixels between the tour's card, the part that it explains and the window
const tour = {
  card: byId("tour"), // the dialog
  number: byId("tour-number"),
  title: byId("tour-title"),
  words: byId("tour-words"),
  back: byId("tour-back"),
  next: byId("tour-next"),
  steps: [], // those of TOUR that this page can show
  now: 0, // the number of the step that is shown
  before: null, // what you looked at before the tour: {colour, cell, position, focused}
};

/** The found cell that shows best what cells do: one that counts, if there is one. */
function cellOfTour() {
  const counts = ({ what }) => what === "characters since the line break";
  return config.cells.find(counts) ?? config.cells[0];
}

function showColour(colour) {
  page.colour.value = colour;
  settingsChanged();
}

/** The character of the example that repeats a name, if the text is still the example. */
function lookAtCopy() {
  showColour("surprise");
  const { text, at } = config.initial;
  if (page.text.value === text) lookAt(at);
  showInSheet(view.position);
}

/** Scrolls the text so that a character is in the middle. */
function showInSheet(position) {
  const box = paper.boxOf(position);
  if (box) page.sheet.scrollTop = box.top - page.sheet.clientHeight / 2;
}

/** Steps: the part of the page that each explains, its words, and what is shown meanwhile. */
const TOUR = [
  {
    part: "desk",
    title: "Surprise",
    words: () =>
      "The network guesses each letter before it reads it. The more orange a letter, the more it " +
      "was surprised. Point at a letter to see what the network expected instead.",
    show: () => showColour("surprise"),
  },
  {
    part: "desk",
    title: "A copied name",
    words: () =>
      "This network can copy what it has read. The arcs show from which earlier letters it copied " +
      "the one that you look at. So a name is hard to predict the first time, and easier the next.",
    isPossible: () => config.copy_size > 0,
    show: lookAtCopy,
  },
  {
    part: "desk",
    title: "A memory cell",
    words: () =>
      `The network remembers in ${config.hidden_size * config.num_layers} cells, a number in each. ` +
      `Now the colour is the number in cell ${cellOfTour().cell}, orange above 0 and blue below. ` +
      `Nobody told this cell what to do, but it follows something: “${cellOfTour().what}”.`,
    isPossible: () => config.cells.length > 0,
    show: () => {
      chooseCell(cellOfTour().cell);
      showColour("cell");
    },
  },
  {
    part: "inside",
    title: "Its gates",
    words: () =>
      "What the cell did at the letter that you look at: the input gate lets something new in, the " +
      "forget gate keeps what was there, the output gate shows it to the rest of the network. " +
      "Break the cell, and the colours show which letters needed it.",
    show: () => {},
  },
  {
    part: "coming",
    title: "Writing",
    words: () =>
      "What can come next, the likeliest first. Press a letter to append it. Or press Generate: " +
      "the network draws a letter by these probabilities, reads it, and draws the next one.",
    show: () => {},
  },
  {
    part: "learn",
    title: "Learning",
    words: () =>
      "Here another network learns while you watch. At first it writes noise, then words appear. " +
      "It can learn your text, too.",
    isPossible: () => byId("learn") !== null,
    show: () => {},
  },
];

function startTour() {
  if (tour.card.open) return;
  tour.steps = TOUR.filter(({ isPossible = () => true }) => isPossible());
  tour.before = {
    colour: page.colour.value,
    cell: page.cell.value,
    position: view.position,
    focused: document.activeElement,
  };
  tour.card.show();
  showStep(0);
}

function showStep(number) {
  const step = tour.steps[number];
  const isLast = number === tour.steps.length - 1;
  tour.now = number;
  tour.number.textContent = `${number + 1} of ${tour.steps.length}`;
  tour.title.textContent = step.title;
  tour.words.textContent = step.words();
  tour.next.textContent = isLast ? "Done" : "Next";
  setEnabled(tour.back, number > 0);
  step.show();
  lightUp(byId(step.part));
  tour.next.focus({ preventScroll: true });
}

function partInLight() {
  return document.querySelector(".lit");
}

/** Lights up one part, or none, and puts the card beside it. */
function lightUp(part) {
  partInLight()?.classList.remove("lit");
  if (!part) return;
  part.classList.add("lit");
  const { top, bottom } = part.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) part.scrollIntoView({ block: "start" });
  placeCard();
}

/** Where the card hides neither the part nor itself: on one of its sides, or in a corner. */
function placeCard() {
  const part = partInLight()?.getBoundingClientRect();
  if (!part) return;
  const { offsetWidth: width, offsetHeight: height } = tour.card;
  const rightmost = innerWidth - width - TOUR_GAP;
  const lowest = innerHeight - height - TOUR_GAP;
  const within = (value, highest) => Math.max(TOUR_GAP, Math.min(value, highest));
  const left = within(part.left, rightmost);
  const top = within(part.top, lowest);
  const spots = [
    { left: part.right + TOUR_GAP, top },
    { left: part.left - width - TOUR_GAP, top },
    { left, top: part.bottom + TOUR_GAP },
    { left, top: part.top - height - TOUR_GAP },
  ];
  const isInWindow = (spot) => {
    const isInWidth = spot.left >= TOUR_GAP && spot.left <= rightmost;
    const isInHeight = spot.top >= TOUR_GAP && spot.top <= lowest;
    return isInWidth && isInHeight;
  };
  const spot = spots.find(isInWindow) ?? { left: rightmost, top: lowest };
  tour.card.style.left = `${spot.left}px`;
  tour.card.style.top = `${spot.top}px`;
}

/** Closes the tour, and shows again what you looked at before. */
function closeTour() {
  if (!tour.card.open) return;
  const { colour, cell, position, focused } = tour.before;
  endTour();
  page.cell.value = cell;
  showColour(colour);
  lookAt(position);
  focused.focus({ preventScroll: true });
}

/** Hides the tour, which doesn't come back by itself. */
function endTour() {
  lightUp(null);
  tour.card.close();
  try {
    localStorage.setItem(TOUR_SEEN, "yes");
  } catch {
    // A browser may forbid it to a page from a disk: then the tour begins at each visit.
  }
}

function wasTourSeen() {
  try {
    return localStorage.getItem(TOUR_SEEN) !== null;
  } catch {
    return false;
  }
}

byId("start-tour").addEventListener("click", startTour);
byId("tour-close").addEventListener("click", closeTour);
tour.back.addEventListener("click", () => {
  if (isEnabled(tour.back)) showStep(tour.now - 1);
});
tour.next.addEventListener("click", () => {
  const isLast = tour.now === tour.steps.length - 1;
  if (isLast) closeTour();
  else showStep(tour.now + 1);
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") closeTour();
});
document.addEventListener("network", endTour); // another one has other cells, and may not copy
addEventListener("resize", placeCard);
addEventListener("scroll", placeCard, { passive: true });

// An address that asks for something was sent by somebody who wants to show that.
if (location.hash === "" && !wasTourSeen()) startTour();
