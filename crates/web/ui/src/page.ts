// Small things that every page has: the list of keys, going by G and a letter, dialogs, closing,
// copying, forms that are busy while they are sent, and the theme.

import { GO_MS, announce, isPlainKey } from "./dom";

function keys(): void {
  let goUntil = 0;
  document.addEventListener("keydown", (event) => {
    if (!isPlainKey(event)) return;
    if (event.key === "?") {
      const list = document.getElementById("keys");
      if (list instanceof HTMLDialogElement) {
        event.preventDefault();
        list.showModal();
      }
      return;
    }
    const now = performance.now();
    if (now < goUntil) {
      goUntil = 0;
      const letter = CSS.escape(event.key);
      const link = document.querySelector<HTMLAnchorElement>(`.side a[data-go="${letter}" i]`);
      if (link) {
        event.preventDefault();
        link.click();
      }
    } else if (event.key === "g") {
      goUntil = now + GO_MS;
    }
  });
}

function clicks(): void {
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest<HTMLElement>("[data-close], [data-copy], [data-dialog]");
    if (!button) return;
    const { close, copy, dialog } = button.dataset;
    if (close !== undefined) {
      const dialogOrPart = button.closest(close || "dialog");
      if (dialogOrPart instanceof HTMLDialogElement) dialogOrPart.close();
      else dialogOrPart?.remove();
    } else if (copy !== undefined) {
      void navigator.clipboard.writeText(copy).then(() => announce("Copied"));
    } else if (dialog !== undefined) {
      const opened = document.getElementById(dialog);
      if (opened instanceof HTMLDialogElement) {
        event.preventDefault();
        opened.showModal();
      }
    }
  });
  // A menu closes when the person goes on elsewhere, and by Escape.
  document.addEventListener("pointerdown", (event) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
      if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary")?.focus();
    event.preventDefault();
  }, true);
}

/** Ctrl+Enter sends the form that the person is in, else applies the plan that the page shows. A form with
 * a choice of acts, such as a selection's, is left to its own keys. */
function sending(): void {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
    if (document.querySelector("dialog:modal")) return;
    const inside = document.activeElement?.closest<HTMLFormElement>("main form[method=post]");
    const form = inside ?? document.querySelector<HTMLFormElement>("main .plan form.apply");
    if (!form || form.matches(".has-bulk")) return;
    const button = form.querySelector<HTMLButtonElement>("button[type=submit], button:not([type])");
    if (!button || button.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    form.requestSubmit(button);
  });
}

/** A form that is being sent says so in its button and is not sent twice. */
function busy(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.method === "get" || event.defaultPrevented) return;
    if (form.dataset["sent"] !== undefined) {
      event.preventDefault();
      return;
    }
    form.dataset["sent"] = "";
    const button = event.submitter;
    if (!(button instanceof HTMLButtonElement)) return;
    const label = button.dataset["busy"];
    if (label) {
      button.style.minWidth = `${button.getBoundingClientRect().width}px`;
      // After the browser has read the button's own name and value.
      setTimeout(() => {
        button.setAttribute("aria-busy", "true");
        button.textContent = label;
      });
    }
  });
  // Back from the next page: the form may be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll<HTMLFormElement>("form[data-sent]")) delete form.dataset["sent"];
  });
  // Disabled buttons can be reached, but do nothing.
  document.addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target.closest("[aria-disabled=true]") : null;
    if (target) event.preventDefault();
  }, true);
}

/** A choice of theme is seen at once; the form that holds it remembers it. */
function theme(): void {
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!(input instanceof HTMLInputElement) || !input.closest("theme-choice")) return;
    if (input.value === "system") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = input.value;
    const form = input.form;
    if (!form?.action || form.method !== "post") return;
    const body = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
    void fetch(form.action, { method: "POST", body, credentials: "same-origin", redirect: "manual" });
  });
}

/** A form marked so is sent when a choice in it changes; its button stays for those without script. */
function auto(): void {
  document.addEventListener("change", (event) => {
    const form = event.target instanceof Element ? event.target.closest<HTMLFormElement>("form[data-auto]") : null;
    form?.requestSubmit();
  });
}

/** Starts all of it. */
export function startPage(): void {
  keys();
  clicks();
  busy();
  sending();
  theme();
  auto();
}
