// <column-chooser>: a form of boxes in a menu; this adds the search, and the order by drag or keys.
//
// The form sends the boxes in the order in which they stand, so moving a row is all that a new order
// takes. Without script the columns can be chosen, in the order of the table.

import { all, announce, one } from "./dom";

class ColumnChooser extends HTMLElement {
  #dragged: HTMLElement | null = null;

  connectedCallback(): void {
    this.addEventListener("input", (event) => this.#search(event));
    this.addEventListener("click", (event) => this.#step(event));
    for (const row of this.#rows) row.draggable = true;
    this.addEventListener("dragstart", (event) => {
      this.#dragged = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("li") : null;
    });
    this.addEventListener("dragover", (event) => {
      const over = event.target instanceof Element ? event.target.closest("li") : null;
      if (!this.#dragged || !over || over === this.#dragged) return;
      event.preventDefault();
      const box = over.getBoundingClientRect();
      if (event.clientY > box.top + box.height / 2) over.after(this.#dragged);
      else over.before(this.#dragged);
    });
    this.addEventListener("drop", (event) => event.preventDefault());
    this.addEventListener("dragend", () => {
      this.#dragged = null;
    });
    for (const hidden of all(this, "[data-script]", HTMLElement)) hidden.hidden = false;
  }

  get #rows(): HTMLElement[] {
    return all(this, "li", HTMLElement);
  }

  #search(event: Event): void {
    const input = one(this, "input[type=search]", HTMLInputElement);
    if (!input || event.target !== input) return;
    const wanted = input.value.trim().toLowerCase();
    for (const row of this.#rows) {
      row.hidden = wanted !== "" && !(row.textContent ?? "").toLowerCase().includes(wanted);
    }
  }

  #step(event: MouseEvent): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-step]") : null;
    const row = button?.closest("li");
    if (!button || !row) return;
    const isUp = button.dataset["step"] === "up";
    const other = isUp ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    if (isUp) other.before(row);
    else other.after(row);
    button.focus();
    const place = this.#rows.indexOf(row) + 1;
    announce(`${(row.textContent ?? "").trim()}: place ${place} of ${this.#rows.length}`);
  }
}

customElements.define("column-chooser", ColumnChooser);
