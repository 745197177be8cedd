// What pages cost in the browser: no tests, figures. docs/performance.md has the command.

import base from "./playwright.config";

export default { ...base, testDir: "figures" };
