// What every island needs of the page: typed lookups, fragments, and when single keys are off.
//
// Islands never build HTML from text of their own: what they show came from the server, already
// escaped, as a fragment of a page.

/** Whether the person is typing, so that single keys belong to the text. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  return !["checkbox", "radio", "button", "submit", "reset"].includes(target.type);
}

/** Whether a single key may act: not typing, no chord, nothing modal open, not turned off. */
export function isPlainKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  if (document.documentElement.dataset["keys"] === "off") return false;
  return !isTyping(event) && document.querySelector("dialog:modal") === null;
}

/** How long G waits for its letter. */
export const GO_MS = 1500;

/** The elements that match, as the type that the page promises. */
export function all<E extends Element>(
  root: ParentNode,
  selector: string,
  kind: abstract new () => E,
): E[] {
  return [...root.querySelectorAll(selector)].filter((found): found is E => found instanceof kind);
}

/** The first element that matches, if it has the type that the page promises. */
export function one<E extends Element>(
  root: ParentNode,
  selector: string,
  kind: abstract new () => E,
): E | null {
  const found = root.querySelector(selector);
  return found instanceof kind ? found : null;
}

/** A part of a page, fetched: what matches the selector, else all of it, so that a server may answer
 * with the whole page as well. `null` when the session is over: the page is then loaded anew, so
 * that the person can sign in and come back to it. */
export async function fragment(
  url: string,
  selector: string,
  signal?: AbortSignal,
): Promise<DocumentFragment | null> {
  const response = await fetch(url, {
    headers: { "HX-Request": "true", Accept: "text/html" },
    credentials: "same-origin",
    ...(signal ? { signal } : {}),
  });
  if (response.status === 401 || response.redirected) {
    location.reload();
    return null;
  }
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
  // A template's content runs no script, and the policy of the page forbids inline ones anyway.
  const template = document.createElement("template");
  template.innerHTML = await response.text();
  const part = template.content.querySelector(selector);
  if (!part) return template.content;
  const found = document.createDocumentFragment();
  found.append(part);
  return found;
}

/** Says something to those who listen, politely. */
export function announce(text: string): void {
  const region = document.getElementById("announce");
  if (region) region.textContent = text;
}

/** Rows or cells changed in place: whoever keeps state about them looks again. */
export const CHANGED = "almanac:changed";
