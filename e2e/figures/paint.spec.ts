// First and largest paint, and bytes over the wire, of the main pages: a first visit with nothing kept, then
// from page to page. `almanac-bench pages --then` starts it beside a server with a large MSP and says where
// that is.

import { type Page, test } from "@playwright/test";

import { signIn } from "../support/sign_in";

const PAGES: [string, string][] = [
  ["portfolio", "/"],
  ["clients", "/clients"],
  ["the largest client's assets", "/clients?sort=-assets"],
  ["search", "/search?q=dell"],
];

/** Visits of each page; the middle is told. */
const VISITS = 7;

interface Visit {
  first: number;
  largest: number;
  bytes: number;
}

function given(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: almanac-bench pages --then starts this`);
  return value;
}

function middle(visits: Visit[], of: keyof Visit): number {
  const sorted = visits.map((visit) => visit[of]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function visit(page: Page, url: string): Promise<Visit> {
  const network = await page.context().newCDPSession(page);
  await network.send("Network.enable");
  let bytes = 0;
  network.on("Network.loadingFinished", (event) => {
    bytes += event.encodedDataLength;
  });
  await page.goto(url, { waitUntil: "networkidle" });
  const paints = await page.evaluate(
    () =>
      new Promise<{ first: number; largest: number }>((done) => {
        const first = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN;
        new PerformanceObserver((list) => {
          done({ first, largest: list.getEntries().at(-1)?.startTime ?? Number.NaN });
        }).observe({ type: "largest-contentful-paint", buffered: true });
      }),
  );
  await network.detach();
  return { ...paints, bytes };
}

test("what pages cost in the browser", async ({ browser }) => {
  const at = { url: given("ALMANAC_URL"), email: given("ALMANAC_EMAIL"), password: given("ALMANAC_PASSWORD") };
  const session = await browser.newContext();
  const page = await session.newPage();
  await signIn(page, at);
  const state = await session.storageState();
  await page.goto(`${at.url}/clients?sort=-assets`);
  const largest = await page.locator("tbody th a").first().getAttribute("href");
  for (const [name, path] of PAGES) {
    const url = at.url + (name.startsWith("the largest") ? `${largest}/assets` : path);
    const firsts: Visit[] = [];
    const nexts: Visit[] = [];
    for (let number = 0; number < VISITS; number += 1) {
      const newcomer = await browser.newContext({ storageState: state });
      const theirs = await newcomer.newPage();
      firsts.push(await visit(theirs, url));
      await theirs.goto(`${at.url}/account`);
      nexts.push(await visit(theirs, url));
      await newcomer.close();
    }
    const line = (what: string, visits: Visit[]): string =>
      `  ${what}: first paint ${middle(visits, "first").toFixed(0)} ms, largest ` +
      `${middle(visits, "largest").toFixed(0)} ms, ${(middle(visits, "bytes") / 1000).toFixed(1)} kB`;
    console.log(`${name}\n${line("first visit", firsts)}\n${line("from another page", nexts)}`);
  }
});
