// The states between "nothing yet" and "all is well": each is reached as a person reaches it, says what
// happened, why and what to do, and passes axe in both themes.

import { connect, firstDay, patchHalo, press, readHalo, setUp } from "../support/first_day";
import { expectAccessible, pictures } from "../support/look";
import { signIn } from "../support/sign_in";
import { expect, test } from "../support/test";

test("before the connection: what will be here, the promise, one act; a form says each repair", async ({ page, fresh }) => {
  await page.goto(fresh.url);
  await setUp(page, fresh);
  for (const path of ["/", "/sync"]) {
    await page.goto(`${fresh.url}${path}`);
    await expect(page.locator("main")).toContainText("Connect Halo to see your clients");
    await expect(page.locator("main")).toContainText("Almanac starts read-only. Nothing in Halo changes until you approve a plan.");
    await expectAccessible(page);
  }
  await pictures(page, "state-first-use");
  await page.getByRole("link", { name: "Connect Halo" }).click();
  await expect(page).toHaveURL(/\/connection$/);
  await page.getByLabel("Halo address").fill("not an address");
  await page.getByRole("button", { name: "Save and test" }).click();
  await expect(page.locator("[aria-invalid=true]").first()).toBeVisible();
  await expect(page.getByLabel("Halo address")).toHaveValue("not an address");
  await expect(page.locator("main")).toContainText("Give the address that you sign in to Halo with");
  await expect(page.locator("main")).not.toContainText("almanac config");
  await expectAccessible(page);
  await pictures(page, "state-form");
});

test("a filter that leaves nothing says which part to drop, and dropping it brings rows", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto(`${demo.url}/assets?grade=replace&q=no-such-machine`);
  const main = page.locator("main");
  await expect(main).toContainText("Without these words there are");
  await expectAccessible(page);
  await pictures(page, "state-filter");
  await page.getByRole("link", { name: "Remove the words" }).click();
  await expect(page).toHaveURL(/grade=replace/);
  await expect(page).not.toHaveURL(/no-such-machine/);
  await expect(page.locator("tbody th a").first()).toBeVisible();
});

test("the first sync is watched, and the page may be closed", async ({ page, fresh }) => {
  await page.goto(fresh.url);
  await setUp(page, fresh);
  await page.goto(`${fresh.url}/connection`);
  await connect(page, fresh);
  await patchHalo(fresh, { latency_ms: 700 });
  await press(page, "Start the first sync");
  await page.goto(`${fresh.url}/sync`);
  const progress = page.locator("section.progress");
  await expect(progress).toContainText("First sync from Halo", { timeout: 60_000 });
  await expect(progress.getByRole("row")).toHaveCount(7);
  await expect(progress.getByRole("row", { name: /Customers and sites/ })).toContainText(/being read|done/);
  await expect(progress.getByRole("row", { name: /Projects and money/ })).toContainText("next");
  await expect(progress).toContainText("You can close this page.");
  await expect(progress).toContainText(/calls? to Halo/);
  await expectAccessible(page);
  await pictures(page, "state-first-sync");
  await patchHalo(fresh, { latency_ms: 0 });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Halo ([\d,]+) assets, here \1, 0 differ/, {
    timeout: 90_000,
  });
  await expect(page.locator("main")).toContainText("Receipt of");
});

test("Halo is away, a right is taken, and both are told as what they are", async ({ page, fresh }) => {
  test.setTimeout(300_000);
  await firstDay(page, fresh);
  const hold = page.getByRole("region", { name: "On hold" });

  // A right is taken away: what needs it is on hold, with Halo's answer and what to do.
  await patchHalo(fresh, { deny: ["Users=403"] });
  await readHalo(fresh, /Held after \d+ calls/);
  await page.goto(`${fresh.url}/sync`);
  await expect(hold).toContainText("Contacts are on hold");
  for (const word of ["What", "Why", "Do", "CONN-006", "stay as they were", "Everything else still syncs."]) {
    await expect(hold).toContainText(word);
  }
  await expect(hold.getByRole("link", { name: "Test the connection" })).toBeVisible();
  await expect(hold.getByRole("link", { name: "Open Halo" })).toHaveAttribute("href", /^http/);
  await expect(page.locator("#streams").getByRole("row", { name: /Contacts/ })).toContainText("on hold");
  await expectAccessible(page);
  await pictures(page, "state-right-taken");
  await patchHalo(fresh, { deny: [] });

  // Halo does not answer: nothing is to be done, and old data stay.
  await patchHalo(fresh, { faults: ["reset=100"] });
  await readHalo(fresh, /CONN-001/);
  await page.goto(`${fresh.url}/sync`);
  await expect(hold).toContainText("Halo has not answered");
  await expect(hold).toContainText("Nothing. It is tried again by itself");
  await expect(hold).toContainText("CONN-001");
  await expect(hold.locator(".trouble.is-warning")).toHaveCount(1);
  await expect(page.locator("#streams").getByRole("row", { name: /Assets/ })).toContainText("1,500");
  await expectAccessible(page);
  await pictures(page, "state-away");
  await patchHalo(fresh, { faults: [] });
  await press(page, "Try now");
  await expect(async () => {
    await page.goto(`${fresh.url}/sync`);
    await expect(hold).toHaveCount(0, { timeout: 500 });
  }).toPass({ timeout: 90_000 });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/, 0 differ$/);
});

test("two people decide about one value: both stand side by side, nothing is lost", async ({ page, fresh }) => {
  test.setTimeout(240_000);
  await firstDay(page, fresh);
  await page.goto(`${fresh.url}/assets?group=none`);
  await page.locator("tbody th a").first().click();
  await page.waitForURL(/\/assets\/[^/?]+$/);
  const edit = `${page.url()}/edit/purchase_date`;
  const other = await page.context().newPage();
  await page.goto(edit);
  await other.goto(edit);
  for (const [at, date, reason] of [
    [other, "2024-03-01", "the invoice"],
    [page, "2025-04-02", "the supplier's mail"],
  ] as const) {
    await at.getByRole("textbox", { name: "Date" }).fill(date);
    await at.getByRole("textbox", { name: "Reason" }).fill(reason);
    await at.getByRole("button", { name: "Lock this date" }).click();
  }
  await other.close();
  await expect(page.locator("main")).toContainText("1 Mar 2024");
  await expect(page.locator("main")).toContainText("2 Apr 2025");
  await expectAccessible(page);
  await pictures(page, "state-conflict");
});

test("a client's values answer why, in place and as a page", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto(`${demo.url}/clients`);
  await page.locator("tbody th a").first().click();
  await page.waitForURL(/\/clients\/[^/?]+$/);
  const client = page.url();
  await page.getByRole("link", { name: "Website" }).click();
  const why = page.getByRole("dialog", { name: "Why this website" });
  await expect(why).toContainText("Halo customer");
  await expect(why).toContainText("Fetched");
  await expect(why).toContainText("Owner");
  await page.keyboard.press("Escape");
  await expect(page.getByRole("link", { name: "Website" })).toBeFocused();
  await page.goto(`${client}/why`);
  for (const field of ["Name", "Type", "Website", "State"]) {
    await expect(page.getByRole("heading", { level: 3, name: new RegExp(`^${field}`) })).toBeVisible();
  }
  await expectAccessible(page);
  await pictures(page, "client-why");
});
