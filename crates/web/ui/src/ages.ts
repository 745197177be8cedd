// Ages that tick: seconds, then minutes, then clock time, then date (DESIGN 12).
//
// The server writes the same text once; this file only keeps it true. `crates/web/src/components/
// format.rs` is the other half and its tests name the same steps.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const two = (value: number): string => String(value).padStart(2, "0");

/** The age of an instant, as said at another. */
export function age(at: Date, now: Date): string {
  const seconds = Math.max(0, Math.floor((now.getTime() - at.getTime()) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (at.toDateString() === now.toDateString()) return `${two(at.getHours())}:${two(at.getMinutes())}`;
  return `${at.getDate()} ${MONTHS[at.getMonth()] ?? ""} ${at.getFullYear()}`;
}

function tick(): void {
  const now = new Date();
  for (const element of document.querySelectorAll<HTMLTimeElement>("time[data-age]")) {
    const at = new Date(element.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const isRecent = now.getTime() - at.getTime() < 3_600_000;
    const text = age(at, now) + (element.dataset["age"] === "ago" && isRecent ? " ago" : "");
    if (element.textContent !== text) element.textContent = text;
  }
}

/** Starts the clock; it stands still while nobody looks. */
export function startAges(): void {
  tick();
  setInterval(() => {
    if (!document.hidden) tick();
  }, 1000);
  document.addEventListener("visibilitychange", tick);
}
