// <live-part src every>: a part of the page that is read again while it changes.
//
// The server says that it is over by `data-done` anywhere in it, and where to go then by
// `data-done-href`. Without script the page is read again by hand. A part
// that holds the focus or an open menu is left alone until the person has moved on.

import { CHANGED, fragment } from "./dom";

const EVERY_MS_MIN = 500;
const EVERY_MS_MAX = 60_000;

class LivePart extends HTMLElement {
  #timer = 0;
  #failures = 0;

  connectedCallback(): void {
    this.#plan();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
  }

  get #everyMs(): number {
    const every = Number(this.getAttribute("every")) || 2000;
    // A server that does not answer is asked less and less often.
    return Math.min(EVERY_MS_MAX, Math.max(EVERY_MS_MIN, every * 2 ** this.#failures));
  }

  #plan(): void {
    clearTimeout(this.#timer);
    if (this.querySelector("[data-done]")) return;
    this.#timer = window.setTimeout(() => void this.#read(), this.#everyMs);
  }

  async #read(): Promise<void> {
    const src = this.getAttribute("src");
    if (!src || !this.isConnected) return;
    const isBusy = this.contains(document.activeElement) || this.querySelector("details[open]");
    if (!document.hidden && !isBusy) {
      try {
        const part = await fragment(src, `live-part[src="${CSS.escape(src)}"]`);
        if (!part) return;
        const own = part.querySelector("live-part");
        this.replaceChildren(...(own ?? part).childNodes);
        this.#failures = 0;
        this.dispatchEvent(new CustomEvent(CHANGED, { bubbles: true }));
        const leave = this.querySelector<HTMLElement>("[data-done-href]")?.dataset["doneHref"];
        if (leave) location.assign(leave);
      } catch {
        this.#failures = Math.min(5, this.#failures + 1);
      }
    }
    this.#plan();
  }
}

customElements.define("live-part", LivePart);
