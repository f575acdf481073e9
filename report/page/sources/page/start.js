// The page: its panels are drawn in this order, and then its example or what the address asks for.

import "./sheet.js";
import "./explanation.js";
import "./next.js";
import "./memory.js";
import "./name.js";
import "./settings.js";
import "./texts.js";
import "./writing.js";
import "./ask.js";
import "./network.js";
import "./files.js";
import "./birth.js";
import "./learning.js";
import "./report.js";
import { networkFiles } from "../files/save.js";
import { restore } from "./address.js";
import { still } from "./elements.js";
import { showOwn } from "./network.js";
import { play } from "./performance.js";
import { opening } from "./scenes.js";
import { show } from "./sheet.js";
import { state } from "./state.js";
import { drawAll, update, worker } from "./update.js";
import { writeOn } from "./writing.js";

window.explorer = { state, update, show, worker, writeOn, networkFiles }; // for tests, and for who opens the console

const asksForNothing = location.hash === ""; // else that is what somebody wants to show
showOwn();
drawAll();
restore(location.hash);
if (asksForNothing && !still.matches) play(opening);
