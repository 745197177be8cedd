// Writes crates/web/src/components/icon_shapes.rs from the icons named here, so that pages have their
// icons without a request and without dist/. `npm run icons -- --check` fails when it is not current.

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const TARGET = fileURLToPath(new URL("../src/components/icon_shapes.rs", import.meta.url));
const SOURCE = new URL("./node_modules/lucide-static/", import.meta.url);

/** Our name, and the set's. */
const ICONS = {
  Portfolio: "layout-list",
  Decisions: "list-checks",
  Calendar: "calendar",
  Inbox: "inbox",
  Board: "square-kanban",
  Sync: "refresh-cw",
  Mapping: "git-fork",
  WriteBack: "file-pen",
  Settings: "settings",
  Search: "search",
  Plus: "plus",
  Minus: "minus",
  Close: "x",
  Check: "check",
  ChevronDown: "chevron-down",
  ChevronRight: "chevron-right",
  ChevronLeft: "chevron-left",
  Updown: "chevrons-up-down",
  ArrowUp: "arrow-up",
  ArrowDown: "arrow-down",
  ArrowRight: "arrow-right",
  ArrowLeft: "arrow-left",
  Columns: "columns-3",
  Lock: "lock",
  LockOpen: "lock-open",
  External: "external-link",
  Plug: "plug",
  Undo: "undo-2",
  Download: "download",
  Link: "link-2",
  Rename: "text-cursor-input",
  Edit: "pencil",
  Remove: "trash-2",
  Hide: "eye-off",
  Shield: "shield-check",
  Fault: "circle-alert",
  Warning: "triangle-alert",
  Info: "info",
  Key: "key-round",
  Users: "users",
  User: "user",
  SignOut: "log-out",
  Menu: "menu",
  Client: "building-2",
  Asset: "monitor",
  Copy: "copy",
  History: "history",
  Clock: "clock",
  Sheet: "file-spreadsheet",
  Rules: "scale",
  Pin: "pin",
  Session: "monitor-smartphone",
};

const version = JSON.parse(await readFile(new URL("package.json", SOURCE), "utf8")).version;

async function shapes(name) {
  const text = await readFile(new URL(`icons/${name}.svg`, SOURCE), "utf8");
  const inner = text.slice(text.indexOf(">", text.indexOf("<svg")) + 1, text.lastIndexOf("</svg>"));
  return inner.trim().replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>");
}

const names = Object.keys(ICONS);
const lines = [];
for (const [ours, theirs] of Object.entries(ICONS)) {
  // One line an icon: the function is a table.
  lines.push(`        Icon::${ours} => r#"${await shapes(theirs)}"#,\n`);
}
const written = `//! The shapes of the icons; written by \`npm run icons\` in crates/web/ui, never by hand.
//!
//! From lucide-static ${version}, under the ISC licence: Copyright (c) Lucide Icons and Contributors.
//! Permission to use, copy, modify, and/or distribute this software for any purpose with or without
//! fee is hereby granted, provided that the above copyright notice and this permission notice appear
//! in all copies. The software is provided "as is" and the author disclaims all warranties.

/// An icon of the one set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Icon {
${names.map((name) => `    /// \`${ICONS[name]}\`.\n    ${name},`).join("\n")}
}

impl Icon {
    /// Every icon, for the styleguide.
    pub(super) const ALL: &[Icon] = &[
${names.map((name) => `        Icon::${name},`).join("\n")}
    ];

    /// What stands inside of the \`<svg>\`, in a box of 24.
    pub(super) fn shapes(self) -> &'static str {
        shapes(self)
    }
}

#[rustfmt::skip]
fn shapes(icon: Icon) -> &'static str {
    match icon {
${lines.join("")}    }
}
`;
if (process.argv.includes("--check")) {
  const current = await readFile(TARGET, "utf8");
  if (current !== written) {
    console.error("icon_shapes.rs is not current: npm run icons");
    process.exitCode = 1;
  }
} else {
  await writeFile(TARGET, written);
}
