// <virtual-rows>: a long table page by page, with only what is near the window kept in it.
//
// The server sends the first page, a link to the next one (`a[rel=next]` in .more-rows) and the true
// total in aria-rowcount. Each page becomes a <tbody>; one that is far away is taken out and a
// spacer of its measured height stands in for it, so the scroll bar does not jump. Without script
// the link leads to the next page.

import { CHANGED, announce, fragment } from "./dom";

/** How far from the window a page of rows is kept, and the next one asked for. */
const NEAR = "1200px";

class VirtualRows extends HTMLElement {
  #away = new Map<Element, DocumentFragment>();
  #observer: IntersectionObserver | null = null;
  #isAsking = false;

  connectedCallback(): void {
    const root = this.closest(".scroll");
    const scrolls = root && getComputedStyle(root).overflowY === "auto" ? root : null;
    this.#observer = new IntersectionObserver((seen) => this.#seen(seen), {
      root: scrolls,
      rootMargin: `${NEAR} 0px`,
    });
    for (const body of this.querySelectorAll("tbody")) this.#observer.observe(body);
    const more = this.#more;
    if (more) this.#observer.observe(more);
    this.addEventListener("click", (event) => this.#clicked(event));
    addEventListener("beforeprint", () => this.#restoreAll());
  }

  disconnectedCallback(): void {
    this.#observer?.disconnect();
  }

  get #more(): HTMLElement | null {
    return this.querySelector<HTMLElement>(".more-rows");
  }

  #seen(entries: IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting, boundingClientRect } of entries) {
      if (target.classList.contains("more-rows")) {
        if (isIntersecting) void this.#load();
      } else if (isIntersecting) {
        this.#restore(target);
      } else if (boundingClientRect.height > 0) {
        this.#remove(target, boundingClientRect.height);
      }
    }
  }

  /** Rows that hold the focus or a choice stay: both would be lost with them. */
  #remove(body: Element, height: number): void {
    if (this.#away.has(body) || body.contains(document.activeElement)) return;
    if (body.querySelector(":checked, tr.is-cursor")) return;
    const kept = document.createDocumentFragment();
    kept.append(...body.childNodes);
    this.#away.set(body, kept);
    const row = document.createElement("tr");
    row.className = "spacer-row";
    row.setAttribute("aria-hidden", "true");
    const cell = document.createElement("td");
    cell.colSpan = this.querySelectorAll("thead th").length;
    cell.style.height = `${height}px`;
    row.append(cell);
    body.append(row);
  }

  #restore(body: Element): void {
    const kept = this.#away.get(body);
    if (!kept) return;
    this.#away.delete(body);
    body.replaceChildren(kept);
    this.dispatchEvent(new CustomEvent(CHANGED, { bubbles: true }));
  }

  #restoreAll(): void {
    for (const body of [...this.#away.keys()]) this.#restore(body);
  }

  #clicked(event: MouseEvent): void {
    const link = event.target instanceof Element ? event.target.closest(".more-rows a[rel=next]") : null;
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void this.#load();
  }

  async #load(): Promise<void> {
    const more = this.#more;
    const link = more?.querySelector<HTMLAnchorElement>("a[rel=next]");
    const table = this.querySelector("table");
    if (!more || !link || !table || this.#isAsking) return;
    this.#isAsking = true;
    try {
      const part = await fragment(link.href, "virtual-rows");
      if (!part) return;
      const bodies = [...part.querySelectorAll("tbody")];
      const before = [...table.tBodies].at(-1);
      if (before) before.after(...bodies);
      else table.append(...bodies);
      const next = part.querySelector(".more-rows");
      this.#observer?.unobserve(more);
      if (next) {
        more.replaceWith(next);
        this.#observer?.observe(next);
      } else {
        more.remove();
      }
      for (const body of bodies) this.#observer?.observe(body);
      const rows = bodies.reduce((sum, body) => sum + body.rows.length, 0);
      announce(`${rows} more rows`);
      this.dispatchEvent(new CustomEvent(CHANGED, { bubbles: true }));
    } catch {
      // The link stays; following it shows what is wrong.
    } finally {
      this.#isAsking = false;
    }
  }
}

customElements.define("virtual-rows", VirtualRows);
