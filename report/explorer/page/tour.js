// The tour, in short steps: see tour-steps.js.

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
  before: null, // what the page showed before the tour: {text, colour, cell, order, ...}
  text: "", // that the tour shows
};

function startTour() {
  if (tour.card.open) return;
  readAtOnce();
  abandonWriting();
  view.follows = false;
  tour.before = {
    text: page.text.value,
    byNetwork: [...reading.byNetwork],
    off: page.off.value,
    colour: page.colour.value,
    cell: view.cell,
    order: page.sort.value,
    position: view.position,
    scrolled: page.sheet.scrollTop, // in pixels
    focused: document.activeElement,
  };
  tour.text = textOfTour();
  bringBack({ text: tour.text, byNetwork: Array.from(tour.text, () => false) });
  page.sort.value = BY_LAYER;
  orderChanged();
  tour.steps = tourSteps();
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
  markLit(step.lit.map(byId)); // on a telephone, this changes how high the text is
  showLetter(step);
  placeLit();
  tour.next.focus({ preventScroll: true });
}

/** Lights up some parts, or none. */
function markLit(parts) {
  tour.lit.forEach((part) => part.classList.remove("lit"));
  tour.lit = parts;
  tour.lit.forEach((part) => part.classList.add("lit"));
}

/** Scrolls to the last part that is lit, and puts the card beside it. */
function placeLit() {
  const last = tour.lit.at(-1);
  if (!last) return;
  if (!isInSight(last) || !freeSpot()) last.scrollIntoView({ block: "nearest" });
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
  return box.top >= 0 && box.bottom <= innerHeight + 1 && !isBelowText; // a part of a pixel is none
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

/** Closes the tour, and shows again what the page showed before. */
function closeTour() {
  if (!tour.card.open) return;
  const { off, cell, order } = tour.before;
  hideTour();
  page.sort.value = order;
  orderChanged();
  chooseOff(off);
  showCell(cell);
  showBefore();
  tour.before.focused.focus({ preventScroll: true });
}

/** Closes the tour because the network, and so its cells, are others: these don't come back. */
function endTour() {
  if (!tour.card.open) return;
  hideTour();
  showBefore();
}

function hideTour() {
  markLit([]);
  tour.card.close();
}

/** Gives the reader's text back; what was written or typed in the tour can be taken back to. */
function showBefore() {
  const { colour, position, scrolled } = tour.before;
  abandonWriting();
  if (page.text.value !== tour.text) rememberText(page.text.value);
  bringBack(tour.before);
  updateBreaking(); // the colour can be chosen then
  showColour(colour);
  lookAt(position);
  page.sheet.scrollTop = scrolled;
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
new ResizeObserver(placeLit).observe(page.focus);
