// The tour, in short steps: see tour-steps.js. It begins by itself at a first visit, and whenever
// you ask for it.

const TOUR_SEEN = "explorer-tour"; // in the browser's storage, once the tour was closed
const TOUR_GAP = 12; // pixels between the tour's card, the part that it explains and the window
const tour = {
  card: byId("tour"), // the dialog
  number: byId("tour-number"),
  title: byId("tour-title"),
  words: byId("tour-words"),
  back: byId("tour-back"),
  next: byId("tour-next"),
  steps: [], // see `tourSteps`
  now: 0, // the number of the step that is shown
  before: null, // what you looked at before the tour: {colour, cell, position, focused}
};

function startTour() {
  if (tour.card.open) return;
  tour.steps = tourSteps();
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
  tour.words.textContent = step.words;
  tour.next.textContent = isLast ? "Done" : "Next";
  setEnabled(tour.back, number > 0);
  step.show?.();
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
  hideTour();
  page.cell.value = cell;
  showColour(colour);
  lookAt(position);
  focused.focus({ preventScroll: true });
}

/** Closes the tour because the network, and so its cells, are others: only the colour comes back. */
function endTour() {
  if (!tour.card.open) return;
  hideTour();
  showColour(tour.before.colour);
}

/** Hides the tour, which doesn't come back by itself. */
function hideTour() {
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
document.addEventListener("network", endTour);
addEventListener("resize", placeCard);
addEventListener("scroll", placeCard, { passive: true });

// An address that asks for something was sent by somebody who wants to show that.
if (location.hash === "" && !wasTourSeen()) startTour();
