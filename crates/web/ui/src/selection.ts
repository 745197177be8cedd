// Which rows of a table are selected, kept for the tab of the browser while filters change.
//
// A selected row that the filter does not show is counted and said, and never sent: an action is
// about what is seen. Without script each page begins with nothing selected.

const PREFIX = "almanac:selected:";

/** More than any action takes; a longer list is not kept. */
const KEPT_MAX = 2000;

/** The selection of one table. */
export class Selection {
  #key: string;
  #ids: Set<string>;

  constructor(table: string) {
    this.#key = PREFIX + table;
    this.#ids = new Set(read(this.#key));
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Takes over what the boxes say; the number of selected rows that have no box here. */
  follow(boxes: readonly HTMLInputElement[]): number {
    let shown = 0;
    for (const box of boxes) {
      if (box.checked) {
        this.#ids.add(box.value);
        shown += 1;
      } else {
        this.#ids.delete(box.value);
      }
    }
    this.#keep();
    return this.#ids.size - shown;
  }

  clear(): void {
    this.#ids.clear();
    this.#keep();
  }

  #keep(): void {
    try {
      if (this.#ids.size === 0) sessionStorage.removeItem(this.#key);
      else if (this.#ids.size <= KEPT_MAX) sessionStorage.setItem(this.#key, JSON.stringify([...this.#ids]));
    } catch {
      // Without storage a selection lasts as long as its page.
    }
  }
}

function read(key: string): string[] {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

// What was decided about a selection uses it up.
document.addEventListener("submit", (event) => {
  const used = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-selection-used]") : null;
  if (used) new Selection(used.dataset["selectionUsed"] ?? "").clear();
});
