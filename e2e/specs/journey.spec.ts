// From nothing to an asset that a person decided about: what a new MSP does on its first day.

import { expectAccessible } from "../support/look";
import { expect, test } from "../support/test";

const CLIENT_ID = "6f1c2a0e-3b5d-4e7f-8a9b-0c1d2e3f4a5b";
const CLIENT_SECRET = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9-9e8d7c6b-5a49-4837-8625-1403f2e1d0c9";

test("set up, connect, watch the first sync, ask why, lock a date, and see the lock hold", async ({ page, fresh }) => {
  test.setTimeout(180_000);

  await page.goto(fresh.url);
  await expect(page.getByRole("heading", { level: 1, name: "Set up Almanac" })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel("Set-up code").fill(fresh.setupCode);
  await page.getByLabel("Name of your MSP").fill("Calder Ridge IT");
  await page.getByLabel("Your e-mail address").fill("ruth@calder-ridge.example");
  await page.getByLabel("Password").fill("four words are easier");
  await page.getByRole("button", { name: "Create the MSP" }).click();

  await page.getByRole("link", { name: "Connect Halo" }).click();
  await page.getByLabel("Halo address").fill(fresh.halo);
  await page.getByLabel("Client ID").fill(CLIENT_ID);
  await page.getByLabel("Client secret").fill(CLIENT_SECRET);
  await page.getByRole("button", { name: "Save and test" }).click();
  const start = page.getByRole("button", { name: "Start the first sync" });
  await expect(start).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("body")).not.toContainText(CLIENT_SECRET);
  await expectAccessible(page);
  await start.click();

  await page.goto(`${fresh.url}/sync`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Halo ([\d,]+) assets, here \1/, { timeout: 60_000 });

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
  await page.getByRole("button", { name: "Sync now" }).click();
  await page.goto(`${fresh.url}/assets?q=${encodeURIComponent(name.split(/\s+/)[0] ?? "")}`);
  await page.goto(asset);
  await expect(page.getByText("2 Nov 2026").first()).toBeVisible();
  await expect(page.getByText("invoice D-88213").first()).toBeVisible();
});

test("a changed policy is previewed, and the preview comes true", async ({ page, fresh }) => {
  test.setTimeout(180_000);
  await page.goto(`${fresh.url}/setup`);
  await page.getByLabel("Set-up code").fill(fresh.setupCode);
  await page.getByLabel("Name of your MSP").fill("Calder Ridge IT");
  await page.getByLabel("Your e-mail address").fill("ruth@calder-ridge.example");
  await page.getByLabel("Password").fill("four words are easier");
  await page.getByRole("button", { name: "Create the MSP" }).click();
  await page.goto(`${fresh.url}/connection`);
  await page.getByLabel("Halo address").fill(fresh.halo);
  await page.getByLabel("Client ID").fill(CLIENT_ID);
  await page.getByLabel("Client secret").fill(CLIENT_SECRET);
  await page.getByRole("button", { name: "Save and test" }).click();
  await page.getByRole("button", { name: "Start the first sync" }).click({ timeout: 30_000 });
  await page.goto(`${fresh.url}/sync`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Halo ([\d,]+) assets, here \1/, { timeout: 60_000 });

  await page.goto(`${fresh.url}/settings/rules/policies`);
  await page.getByLabel(/Laptop/).first().fill("9");
  await page.getByRole("button", { name: "Preview the changes" }).click();
  await expect(page.locator("main")).toContainText("0 writes to Halo");
  await page.screenshot({ path: "artefacts/rules-preview.png" });
  await page.getByRole("button", { name: /^Apply \d+ change/ }).click();
  await page.goto(`${fresh.url}/settings/rules/policies`);
  await expect(page.getByLabel(/Laptop/).first()).toHaveValue("9");
});
