// Ctrl K: search or jump from anywhere.
//
// The search box of the top bar is a form that leads to the search page. This opens the same
// results in a dialog while typing: the server's fragment, links and all.

import { all, fragment } from "./dom";

/** Typing settles before the server is asked. */
const PAUSE_MS = 120;

class CommandPalette {
  #dialog: HTMLDialogElement;
  #input: HTMLInputElement;
  #results: HTMLElement;
  #action: string;
  #timer = 0;
  #asked: AbortController | null = null;

  constructor(form: HTMLFormElement) {
    this.#action = form.action;
    const icon = form.querySelector("svg")?.cloneNode(true);
    this.#dialog = document.createElement("dialog");
    this.#dialog.className = "dialog palette";
    this.#dialog.setAttribute("aria-label", "Search or jump to");
    const find = document.createElement("div");
    find.className = "find";
    this.#input = document.createElement("input");
    this.#input.type = "search";
    this.#input.placeholder = "Client, serial, ticket number, page";
    this.#input.setAttribute("aria-label", "Search or jump to");
    this.#input.setAttribute("role", "combobox");
    this.#input.setAttribute("aria-controls", "palette-results");
    this.#input.setAttribute("aria-expanded", "true");
    this.#input.autocomplete = "off";
    this.#input.spellcheck = false;
    if (icon) find.append(icon);
    find.append(this.#input);
    this.#results = document.createElement("div");
    this.#results.className = "results";
    this.#results.id = "palette-results";
    this.#results.setAttribute("role", "listbox");
    this.#results.setAttribute("aria-label", "Results");
    this.#dialog.append(find, this.#results);
    document.body.append(this.#dialog);
    this.#input.addEventListener("input", () => this.#later());
    this.#dialog.addEventListener("keydown", (event) => this.#key(event));
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open(text: string): void {
    if (this.#dialog.open) return;
    this.#input.value = text;
    this.#dialog.showModal();
    this.#input.focus();
    this.#input.select();
    void this.#ask();
  }

  #later(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(), PAUSE_MS);
  }

  async #ask(): Promise<void> {
    this.#asked?.abort();
    this.#asked = new AbortController();
    const url = new URL(this.#action);
    url.searchParams.set("q", this.#input.value.trim());
    try {
      const part = await fragment(url.href, "#results", this.#asked.signal);
      if (!part) return;
      this.#results.replaceChildren(part);
      this.#links.forEach((link, at) => {
        link.setAttribute("role", "option");
        link.id = `palette-${at}`;
        link.tabIndex = -1;
      });
      this.#mark(0);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      const words = document.createElement("p");
      words.textContent = "The server does not answer. Enter opens the search page.";
      this.#results.replaceChildren(words);
    }
  }

  get #links(): HTMLAnchorElement[] {
    return all(this.#results, "a[href]", HTMLAnchorElement);
  }

  #mark(at: number): void {
    const links = this.#links;
    links.forEach((link, index) => link.setAttribute("aria-selected", String(index === at)));
    const chosen = links[at];
    if (chosen) this.#input.setAttribute("aria-activedescendant", chosen.id);
    else this.#input.removeAttribute("aria-activedescendant");
    chosen?.scrollIntoView({ block: "nearest" });
  }

  #key(event: KeyboardEvent): void {
    const links = this.#links;
    const at = links.findIndex((link) => link.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (links.length > 0) this.#mark((at + step + links.length) % links.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const chosen = links[at];
      const url = new URL(this.#action);
      url.searchParams.set("q", this.#input.value.trim());
      location.assign(chosen?.href ?? url.href);
    }
  }
}

/** Listens for Ctrl K, and for a click into the search box. */
export function startPalette(): void {
  const form = document.querySelector<HTMLFormElement>("form.search");
  const input = form?.querySelector("input");
  if (!form || !input) return;
  let palette: CommandPalette | null = null;
  const open = (text: string): void => {
    palette ??= new CommandPalette(form);
    palette.open(text);
  };
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
    event.preventDefault();
    open(input.value);
  });
}
