// "Why?": a chip or value that links to its explanation opens it in place.
//
// Without script the link leads to a page with the same content. With it, the fragment is shown in
// a native popover that is a named dialog; closing it gives the focus back to what opened it.

import { fragment, isPlainKey } from "./dom";

const GAP = 8;

let box: HTMLElement | null = null;
let opener: HTMLElement | null = null;
let asked: AbortController | null = null;

function popover(): HTMLElement {
  if (box?.isConnected) return box;
  box = document.createElement("div");
  box.id = "why";
  box.className = "popover";
  box.popover = "auto";
  box.tabIndex = -1;
  box.setAttribute("role", "dialog");
  box.addEventListener("toggle", (event) => {
    if (event instanceof ToggleEvent && event.newState === "closed") closed();
  });
  document.body.append(box);
  return box;
}

function closed(): void {
  asked?.abort();
  opener?.setAttribute("aria-expanded", "false");
  // The browser returns the focus on Escape; a click elsewhere keeps the focus it chose.
  if (opener && (document.activeElement === document.body || box?.contains(document.activeElement))) {
    opener.focus();
  }
  opener = null;
}

/** Below its opener where there is room, else above, else beside it; never outside of the window. */
function place(target: HTMLElement): void {
  if (!opener) return;
  const from = opener.getBoundingClientRect();
  const { width, height } = target.getBoundingClientRect();
  const [below, above] = [from.bottom + GAP, from.top - GAP - height];
  let [top, left] = [below, from.left];
  if (below + height > innerHeight - GAP) {
    if (above >= GAP) {
      top = above;
    } else {
      top = innerHeight - GAP - height;
      const isRight = from.right + GAP + width <= innerWidth - GAP;
      left = isRight ? from.right + GAP : from.left - GAP - width;
    }
  }
  target.style.top = `${Math.max(GAP, top)}px`;
  target.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
}

async function open(link: HTMLAnchorElement): Promise<void> {
  const target = popover();
  const isSame = opener === link && target.matches(":popover-open");
  if (target.matches(":popover-open")) target.hidePopover();
  if (isSame) return;
  asked?.abort();
  asked = new AbortController();
  opener = link;
  link.setAttribute("aria-expanded", "true");
  target.setAttribute("aria-label", link.dataset["why"] || link.textContent?.trim() || "Why");
  const waiting = document.createElement("p");
  waiting.className = "waiting";
  waiting.textContent = "Reading";
  target.replaceChildren(waiting);
  target.showPopover();
  place(target);
  target.focus();
  try {
    const content = await fragment(link.href, ".why", asked.signal);
    if (!content || opener !== link) return;
    target.replaceChildren(content);
    const title = target.querySelector("h1, h2, h3");
    if (title?.textContent) target.setAttribute("aria-label", title.textContent.trim());
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return;
    // The page behind the link says what is wrong better than a popover could.
    location.href = link.href;
    return;
  }
  place(target);
  target.focus();
}

/** The why-link that a row or a part of the page offers. */
function linkNear(element: Element | null): HTMLAnchorElement | null {
  const row = element?.closest("tr, [data-why-scope]");
  return row?.querySelector<HTMLAnchorElement>("a[data-why]") ?? null;
}

/** Opens explanations in place, by click and by the key W. */
export function startWhy(): void {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-why]") : null;
    if (!link) return;
    event.preventDefault();
    void open(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "w" || !isPlainKey(event)) return;
    const cursor = document.querySelector("data-table tr.is-cursor");
    const link = linkNear(document.activeElement) ?? linkNear(cursor);
    if (!link) return;
    event.preventDefault();
    void open(link);
  });
  addEventListener("resize", () => box?.matches(":popover-open") && place(box));
}
