// <data-table>: the keyboard of a table and its selection (DESIGN 9 and 16).
//
// The table inside is plain and works alone: links in rows, boxes in a form. This adds the row
// cursor (J K, arrows), X and Shift X, Enter, Esc, /, the keys of the bulk bar and its count, and U
// for the undo that a notice offers. The cursor is a class and the row's own link gets the focus, so
// a screen reader reads the row.

import { CHANGED, GO_MS, all, announce, isPlainKey, one } from "./dom";
import { Selection } from "./selection";

const ROWS = "tbody tr:not(.group, .spacer-row, [data-detail])";

class DataTable extends HTMLElement {
  #cursor: HTMLTableRowElement | null = null;
  #anchor: HTMLTableRowElement | null = null;
  #selection: Selection | null = null;
  #form: HTMLFormElement | null = null;
  #goUntil = 0;
  #off = new AbortController();

  connectedCallback(): void {
    this.#off = new AbortController();
    const { signal } = this.#off;
    document.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.addEventListener("change", (event) => this.#changed(event), { signal });
    this.addEventListener("click", (event) => this.#clicked(event), { signal });
    this.addEventListener("focusin", (event) => this.#focused(event), { signal });
    this.addEventListener(CHANGED, () => this.#restore(), { signal });
    this.#form = this.closest<HTMLFormElement>("form[data-selection]");
    if (this.#form) {
      this.#form.addEventListener("change", () => this.#count(), { signal });
      this.#form.addEventListener("reset", () => setTimeout(() => this.#clearAll()), { signal });
    }
    // Back from the next page the boxes are as they were left, but what was decided may be used up.
    addEventListener("pageshow", () => this.#begin(), { signal });
    this.#begin();
  }

  disconnectedCallback(): void {
    this.#off.abort();
  }

  get #rows(): HTMLTableRowElement[] {
    return all(this, ROWS, HTMLTableRowElement);
  }

  /** Keys belong to the table that has the focus, else to the first of the page. */
  get #isMine(): boolean {
    const focused = document.activeElement?.closest("data-table");
    return focused ? focused === this : document.querySelector("data-table") === this;
  }

  #key(event: KeyboardEvent): void {
    if (!isPlainKey(event) || !this.#isMine || this.#isGoing(event)) return;
    const handled = this.#act(event);
    if (handled) event.preventDefault();
  }

  /** The letter after G goes to a page, whatever it does in a table. */
  #isGoing(event: KeyboardEvent): boolean {
    const isSecond = event.timeStamp < this.#goUntil;
    this.#goUntil = event.key === "g" && !isSecond ? event.timeStamp + GO_MS : 0;
    return isSecond;
  }

  #act(event: KeyboardEvent): boolean {
    switch (event.key) {
      case "j":
      case "ArrowDown":
        return this.#move(1);
      case "k":
      case "ArrowUp":
        return this.#move(-1);
      case "x":
        return this.#select(false);
      case "X":
        return this.#select(true);
      case "Enter":
        return this.#open(event);
      case "Escape":
        return this.#clear();
      case "/":
        return this.#find();
      case "u":
        return press(document.querySelector(".flash form button[type=submit]"));
      default:
        return this.#actOnSelection(event.key);
    }
  }

  #move(step: 1 | -1): boolean {
    const rows = this.#rows;
    if (rows.length === 0) return false;
    const at = this.#cursor ? rows.indexOf(this.#cursor) : -1;
    const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
    const row = rows[Math.min(rows.length - 1, Math.max(0, next))];
    if (!row) return false;
    this.#set(row);
    const link = row.querySelector<HTMLElement>(".is-name a[href], a[href], input");
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    if (row === rows.at(-1)) this.dispatchEvent(new CustomEvent("almanac:end", { bubbles: true }));
    return true;
  }

  #set(row: HTMLTableRowElement | null): void {
    if (this.#cursor === row) return;
    this.#cursor?.classList.remove("is-cursor");
    row?.classList.add("is-cursor");
    this.#cursor = row;
  }

  #select(isRange: boolean): boolean {
    const row = this.#cursor;
    const box = row && boxOf(row);
    if (!row || !box) return false;
    if (isRange && this.#anchor) this.#range(this.#anchor, row, true);
    else box.checked = !box.checked;
    this.#anchor = row;
    this.#count();
    return true;
  }

  #range(from: HTMLTableRowElement, to: HTMLTableRowElement, isChecked: boolean): void {
    const rows = this.#rows;
    const [first, last] = [rows.indexOf(from), rows.indexOf(to)].sort((a, b) => a - b);
    for (const row of rows.slice(first, (last ?? 0) + 1)) {
      const box = boxOf(row);
      if (box) box.checked = isChecked;
    }
  }

  #open(event: KeyboardEvent): boolean {
    // A focused link or button is opened by the browser.
    if (event.target instanceof Element && event.target.closest("a, button, summary")) return false;
    const link = this.#cursor?.querySelector<HTMLAnchorElement>(".is-name a[href]");
    if (!link) return false;
    link.click();
    return true;
  }

  #clear(): boolean {
    if (document.querySelector(":popover-open, details.menu[open]")) return false;
    if (this.#isSelecting) {
      this.#clearAll();
      return true;
    }
    if (!this.#cursor) return false;
    this.#set(null);
    return true;
  }

  get #isSelecting(): boolean {
    return this.#boxes.some((box) => box.checked) || this.#scope.classList.contains("has-chosen");
  }

  #clearAll(): void {
    for (const box of this.#boxes) box.checked = false;
    const every = this.#every;
    if (every) every.checked = false;
    this.#selection?.clear();
    this.#anchor = null;
    this.#count();
  }

  /** A button of the bulk bar by the key that it shows. */
  #actOnSelection(key: string): boolean {
    if (!this.#isSelecting) return false;
    const buttons = all(this.#scope, ".bulk button[type=submit]", HTMLButtonElement);
    const wanted = key.toLowerCase();
    return press(buttons.find((button) => one(button, "kbd", HTMLElement)?.textContent?.toLowerCase() === wanted));
  }

  #find(): boolean {
    const input = document.querySelector<HTMLInputElement>(".find input, .search input");
    input?.focus();
    input?.select();
    return input !== null;
  }

  get #boxes(): HTMLInputElement[] {
    return this.#rows.flatMap((row) => boxOf(row) ?? []);
  }

  /** Shift adds the column as a further key to those that the address has. */
  #sorted(event: MouseEvent): boolean {
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("thead a[href]") : null;
    if (!link || !event.shiftKey) return false;
    const added = new URL(link.href).searchParams.get("sort");
    if (!added) return false;
    event.preventDefault();
    const url = new URL(location.href);
    const name = (sort: string): string => sort.replace(/^-/, "");
    const before = url.searchParams.getAll("sort").filter((sort) => name(sort) !== name(added));
    url.searchParams.delete("sort");
    url.searchParams.delete("after");
    for (const sort of [...before, added]) url.searchParams.append("sort", sort);
    location.href = url.href;
    return true;
  }

  #clicked(event: MouseEvent): void {
    if (this.#sorted(event)) return;
    const row = event.target instanceof Element ? event.target.closest<HTMLTableRowElement>(ROWS) : null;
    if (!row || !this.contains(row)) return;
    this.#set(row);
    if (event.target instanceof HTMLInputElement && event.target === boxOf(row)) {
      if (event.shiftKey && this.#anchor) this.#range(this.#anchor, row, event.target.checked);
      this.#anchor = row;
      this.#count();
    }
  }

  #focused(event: FocusEvent): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLTableRowElement>(ROWS) : null;
    if (row && this.contains(row)) this.#set(row);
  }

  #changed(event: Event): void {
    const all = one(this, "thead .is-box input", HTMLInputElement);
    if (event.target === all && all) {
      for (const box of this.#boxes) box.checked = all.checked;
    }
    this.#count();
  }

  get #scope(): Element {
    return this.closest(".has-bulk") ?? this;
  }

  /** The box that means every row of the filter, also those that are not here. */
  get #every(): HTMLInputElement | null {
    return one(this.#scope, ".bulk input[name=all]", HTMLInputElement);
  }

  #begin(): void {
    this.#selection = this.#form && new Selection(this.#form.dataset["selection"] ?? "");
    this.#restore();
  }

  /** Boxes of rows that came are as the selection says. */
  #restore(): void {
    const selection = this.#selection;
    if (selection) for (const box of this.#boxes) box.checked = selection.has(box.value);
    this.#count();
  }

  /** The box of the head shows all, some or none; the bulk bar counts. */
  #count(): void {
    const boxes = this.#boxes;
    const shown = boxes.filter((box) => box.checked).length;
    const head = one(this, "thead .is-box input", HTMLInputElement);
    if (head) {
      head.checked = shown > 0 && shown === boxes.length;
      head.indeterminate = shown > 0 && shown < boxes.length;
    }
    const hidden = this.#selection?.follow(boxes) ?? 0;
    const field = this.#form && one(this.#form, "input[name=hidden]", HTMLInputElement);
    if (field) field.value = String(hidden);
    const every = this.#every?.checked === true ? Number(this.#every.dataset["total"]) : null;
    const chosen = every ?? shown + hidden;
    this.#scope.classList.toggle("has-chosen", chosen > 0);
    const notShown = every === null && hidden > 0 ? `, ${hidden} not shown` : "";
    const words = `${chosen.toLocaleString("en-GB")} selected${notShown}`;
    for (const element of this.#scope.querySelectorAll(".bulk .chosen")) {
      if (element.textContent === words) continue;
      element.textContent = words;
      if (chosen > 0) announce(words);
    }
  }
}

/** Presses a button, if it is there. */
function press(button: Element | null | undefined): boolean {
  if (!(button instanceof HTMLElement)) return false;
  button.click();
  return true;
}

function boxOf(row: HTMLTableRowElement): HTMLInputElement | null {
  return one(row, ".is-box input[type=checkbox]", HTMLInputElement);
}

customElements.define("data-table", DataTable);
