// The one script of every page: islands on pages that work without it.
//
// Each file is one island and says what the page does without it. Nothing here holds data: what is
// shown came from the server.

import "htmx.org";
import "./columns";
import "./live";
import "./rows";
import "./table";
import { startAges } from "./ages";
import { startPage } from "./page";
import { startPalette } from "./palette";
import { startWhy } from "./why";

document.documentElement.dataset["script"] = "on";
startAges();
startPage();
startPalette();
startWhy();
