// The tour, in short steps: see tour-steps.js. It begins by itself at a first visit, and whenever
// you ask for it.

const TOUR_SEEN = "explorer-tour"; // in the browser's storage, once the tour was closed
const TOUR_GAP = 12; // pixels between the tour's card, the parts that are lit and the window
const tour = {
  card: byId("tour"), // the dialog
  number: byId("tour-number"),
  title: byId("tour-title"),
  words: byId("tour-words"),
  back: byId("tour-back"),
  next: byId("tour-next"),
  steps: [], // see `tourSteps`
  now: 0, // the number of the step that is shown
  lit: [], // the parts of the page that aren't dimmed
  before: null, // what you looked at before the tour: {colour, cell, position, focused, scrolled}
};

function startTour() {
  if (tour.card.open) return;
  tour.steps = tourSteps();
  tour.before = {
    colour: page.colour.value,
    cell: page.cell.value,
    position: view.position,
    focused: document.activeElement,
    scrolled: scrollY, // in pixels
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
  tour.words.textContent = step.words;
  tour.next.textContent = isLast ? "Done" : "Next";
  setEnabled(tour.back, number > 0);
  step.show?.();
  lightUp(step.lit.map(byId));
  tour.next.focus({ preventScroll: true });
}

/** Lights up some parts, or none, and puts the card beside the last one. */
function lightUp(parts) {
  tour.lit.forEach((part) => part.classList.remove("lit"));
  tour.lit = parts;
  tour.lit.forEach((part) => part.classList.add("lit"));
  const last = parts.at(-1);
  if (!last) return;
  if (!isInSight(last) || !freeSpot()) last.scrollIntoView({ block: "start" });
  placeCard();
}

function overlap(a, b) {
  const inWidth = a.left < b.right && b.left < a.right;
  const inHeight = a.top < b.bottom && b.top < a.bottom;
  return inWidth && inHeight;
}

/** Whether a part is in the window, and not below the text, which stays in sight on a telephone. */
function isInSight(part) {
  const box = part.getBoundingClientRect();
  const desk = byId("desk");
  const isBelowText = part !== desk && overlap(box, desk.getBoundingClientRect());
  return box.top >= 0 && box.bottom <= innerHeight && !isBelowText;
}

/** The highest `left` and `top` that keep the card in the window. */
function lastSpot() {
  return {
    left: innerWidth - tour.card.offsetWidth - TOUR_GAP,
    top: innerHeight - tour.card.offsetHeight - TOUR_GAP,
  };
}

/** Where the card, on one of its sides, hides nothing that is lit: {left, top}, or undefined. */
function freeSpot() {
  const { offsetWidth: width, offsetHeight: height } = tour.card;
  const last = lastSpot();
  const within = (value, highest) => Math.max(TOUR_GAP, Math.min(value, highest));
  const boxes = tour.lit.map((part) => part.getBoundingClientRect());
  const explained = boxes.at(-1);
  const left = within(explained.left, last.left);
  const top = within(explained.top, last.top);
  const spots = [
    { left: explained.right + TOUR_GAP, top },
    { left: explained.left - width - TOUR_GAP, top },
    { left, top: explained.bottom + TOUR_GAP },
    { left, top: explained.top - height - TOUR_GAP },
  ];
  const isFree = (spot) => {
    const isInWidth = spot.left >= TOUR_GAP && spot.left <= last.left;
    const isInHeight = spot.top >= TOUR_GAP && spot.top <= last.top;
    const card = { ...spot, right: spot.left + width, bottom: spot.top + height };
    const hides = boxes.some((box) => overlap(card, box));
    return isInWidth && isInHeight && !hides;
  };
  return spots.find(isFree);
}

/** Puts the card where it hides nothing that is lit or, if it can't, in a corner. */
function placeCard() {
  if (tour.lit.length === 0) return;
  const { left, top } = freeSpot() ?? lastSpot();
  tour.card.style.left = `${left}px`;
  tour.card.style.top = `${top}px`;
}

/** Closes the tour, and shows again what you looked at before. */
function closeTour() {
  if (!tour.card.open) return;
  const { colour, cell, position, focused, scrolled } = tour.before;
  hideTour();
  page.cell.value = cell;
  showColour(colour);
  lookAt(position);
  focused.focus({ preventScroll: true });
  scrollTo(0, scrolled);
}

/** Closes the tour because the network, and so its cells, are others: only the colour comes back. */
function endTour() {
  if (!tour.card.open) return;
  hideTour();
  showColour(tour.before.colour);
}

/** Hides the tour, which doesn't come back by itself. */
function hideTour() {
  lightUp([]);
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
document.addEventListener("network", endTour);
addEventListener("resize", placeCard);
addEventListener("scroll", placeCard, { passive: true });
// Another letter may have a longer explanation.
new ResizeObserver(placeCard).observe(page.focus);

// An address that asks for something was sent by somebody who wants to show that.
if (location.hash === "" && !wasTourSeen()) startTour();
