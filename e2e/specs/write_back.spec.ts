// A date that was locked here is rehearsed, written to Halo, and taken back.

import { CLIENT_SECRET, connect, firstSync, press, setUp } from "../support/first_day";
import { expectAccessible, expectNoSidewaysScroll, pictures } from "../support/look";
import { expect, test } from "../support/test";

const LOCKED = "2031-05-17";
const LOCKED_SHOWN = "17 May 2031";

test("a locked date is rehearsed, written to Halo and taken back", async ({ page, fresh }) => {
  test.setTimeout(300_000);
  await page.goto(fresh.url);
  await setUp(page, fresh);
  await page.goto(`${fresh.url}/write-back`);
  await expect(page.locator("main")).toContainText("There is no Halo to write to");
  await page.goto(`${fresh.url}/connection`);
  await connect(page, fresh);
  await firstSync(page, fresh);

  const title = page.getByRole("heading", { level: 1 });
  const dates = page.getByRole("region", { name: "Warranty dates" });
  const becomes = page.locator("tbody .change").first();

  await page.goto(`${fresh.url}/write-back`);
  await expect(title).toHaveText("Nothing waits to be planned for Halo");
  await expectAccessible(page);

  // The asset's warranty, as Halo has it now.
  await page.goto(`${fresh.url}/assets?group=none`);
  await page.locator("tbody th a").first().click();
  await page.waitForURL(/\/assets\/[^/?]+$/);
  const asset = page.url();
  const row = page.locator("tr", { hasText: "Warranty end" }).first();
  const before = (await row.locator("td").first().textContent()) ?? "";

  await page.goto(`${asset}/edit/warranty_end`);
  await page.getByRole("textbox", { name: "Date" }).fill(LOCKED);
  await page.getByRole("textbox", { name: "Reason" }).fill("the invoice says so");
  await page.getByRole("button", { name: "Lock this date" }).click();
  await expect(page.locator("main")).toContainText(LOCKED_SHOWN);
  await page.goto(asset);
  await page.getByRole("link", { name: "Not written to Halo" }).click();
  await expect(title).toHaveText("1 locked value is not in Halo");

  // A rehearsal sends nothing.
  await dates.getByLabel("Rehearsal").check();
  await press(page, "Switch warranty dates");
  await expect(page.locator(".flash")).toContainText("Warranty dates: rehearsal.");
  await pictures(page, "write-back");
  await page.getByRole("button", { name: "Plan 1 write" }).click();
  await expect(title).toHaveText("1 write waits for approval");
  await expect(becomes).toContainText(LOCKED_SHOWN);
  await expectAccessible(page);
  await pictures(page, "write-plan");
  await page.getByRole("button", { name: "Approve 1 write" }).click();
  await expect(title).toHaveText("1 rehearsed, not sent", { timeout: 60_000 });
  await expectAccessible(page);

  // Switched on, the same is written.
  await page.goto(`${fresh.url}/write-back`);
  await dates.getByLabel("On").check();
  await press(page, "Switch warranty dates");
  await page.getByRole("button", { name: "Plan 1 write" }).click();
  await page.getByRole("button", { name: "Approve 1 write" }).click();
  await expect(title).toHaveText("1 written", { timeout: 60_000 });
  await expectAccessible(page);
  await pictures(page, "write-plan-written");
  const plan = page.url();

  await page.goto(asset);
  await expect(page.locator("main")).not.toContainText("Not written to Halo");
  await page.goto(`${asset}/why?of=warranty_end`);
  await expect(page.locator("main")).toContainText("Halo says");
  const halo = page.locator("dt", { hasText: "Halo says" }).locator("xpath=following-sibling::dd[1]");
  await expect(halo).toContainText(LOCKED_SHOWN);

  // Taken back, Halo has what it had.
  await page.goto(plan);
  await page.getByRole("button", { name: "Undo 1 write" }).click();
  await expect(title).toHaveText("Taking back: 1 write waits for approval");
  await page.getByRole("button", { name: "Approve 1 write" }).click();
  await expect(title).toHaveText("Taking back: 1 written", { timeout: 60_000 });
  await page.goto(asset);
  await expect(page.getByRole("link", { name: "Not written to Halo" })).toBeVisible();
  await page.goto(`${asset}/why?of=warranty_end`);
  await expect(halo).not.toContainText(LOCKED_SHOWN);
  if (/\d{4}/.test(before)) await expect(halo).toContainText(before.trim());

  await page.goto(`${fresh.url}/write-back`);
  await expect(page.locator("tbody")).toContainText("Warranty dates, taken back");
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
  await expect(page.locator("body")).not.toContainText(CLIENT_SECRET);
});
