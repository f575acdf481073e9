// Who opens the address of a name's scene sees the name being copied, and then the rest.

import { still } from "./elements.js";
import { BEFORE, begin, finish, hasRead, LOOK, NOW_YOU, pause, readLetterByLetter, readOn } from "./opening.js";
import { answerInWords, copiedLetter, placesOf } from "./scene.js";
import { state } from "./state.js";
import { lookAt, update } from "./update.js";
import { writeScene } from "./writing.js";

const READS_SCENE = "It reads this scene, letter by letter.";

/**
 * Shows the scene of `state.name`, of which nothing was read yet; where nothing may move, its end.
 * Then it looks at the character `at`, if that was chosen: at the end of the text, nothing was.
 */
export async function replay(at) {
  begin();
  const places = placesOf(state.name, state.text);
  const { first, again } = places;
  const end = again + places.length;
  update({ inSight: [first, again] });
  if (still.matches) await hasRead(end);
  else await readLetterByLetter(Math.max(first, again - BEFORE), end, READS_SCENE);
  const said = answerInWords(places);
  lookAt(copiedLetter(places), { said });
  const isContinued = state.characters.length > end + 2; // a colon and a line break
  const isChosen = isContinued && at < state.characters.length - 1;
  if (still.matches) {
    finish();
    if (isChosen) lookAt(at, { inSight: [at, at] });
    return;
  }
  await pause(LOOK);
  await readOn();
  finish();
  const invitation = `${said} ${NOW_YOU}`;
  if (isChosen) lookAt(at, { inSight: [at, at], said: invitation });
  else if (isContinued) update({ said: invitation });
  else writeScene(said);
}
