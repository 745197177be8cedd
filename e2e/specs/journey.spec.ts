// From nothing to an asset that a person decided about: what a new MSP does on its first day.

import { CLIENT_SECRET, connect, firstSync, press, setUp } from "../support/first_day";
import { expectAccessible } from "../support/look";
import { expect, test } from "../support/test";

test("set up, connect, watch the first sync, ask why, lock a date, and see the lock hold", async ({ page, fresh }) => {
  test.setTimeout(180_000);

  await page.goto(fresh.url);
  await expect(page.getByRole("heading", { level: 1, name: "Set up Almanac" })).toBeVisible();
  await expectAccessible(page);
  await setUp(page, fresh);
  await page.getByRole("link", { name: "Connect Halo" }).click();
  await connect(page, fresh);
  await expect(page.locator("body")).not.toContainText(CLIENT_SECRET);
  await expectAccessible(page);
  await firstSync(page, fresh);

  await page.goto(`${fresh.url}/assets?grade=replace`);
  const chip = page.locator("a[data-why]").first();
  const name = ((await page.locator("tbody th a").first().textContent()) ?? "").trim();
  await chip.click();
  const why = page.getByRole("dialog", { name: "Why Replace?" });
  await expect(why).toBeVisible();
  await expect(why).toContainText("Source");
  await why.getByRole("link", { name: "Lock a date" }).click();
  await page.getByRole("textbox", { name: "Date" }).fill("2026-11-02");
  await page.getByRole("textbox", { name: "Reason" }).fill("invoice D-88213");
  await page.getByRole("button", { name: "Lock this date" }).click();
  await expect(page.getByText("2 Nov 2026").first()).toBeVisible();
  const asset = page.url();

  await page.goto(`${fresh.url}/sync`);
  await press(page, "Sync now");
  await page.goto(`${fresh.url}/assets?q=${encodeURIComponent(name.split(/\s+/)[0] ?? "")}`);
  await page.goto(asset);
  await expect(page.getByText("2 Nov 2026").first()).toBeVisible();
  await expect(page.getByText("invoice D-88213").first()).toBeVisible();
});

test("a changed policy is previewed, and the preview comes true", async ({ page, fresh }) => {
  test.setTimeout(180_000);
  await page.goto(`${fresh.url}/setup`);
  await setUp(page, fresh);
  await page.goto(`${fresh.url}/connection`);
  await connect(page, fresh);
  await firstSync(page, fresh);

  await page.goto(`${fresh.url}/settings/rules/policies`);
  await page.getByLabel(/Laptop/).first().fill("9");
  await page.getByRole("button", { name: "Preview the changes" }).click();
  await expect(page.locator("main")).toContainText("0 writes to Halo");
  await page.screenshot({ path: "artefacts/rules-preview.png" });
  const applied = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: /^Apply \d+ change/ }).click();
  await applied;
  await page.goto(`${fresh.url}/settings/rules/policies`);
  await expect(page.getByLabel(/Laptop/).first()).toHaveValue("9");
});
