// Half of the assets vanish: the stream is held, every page says so, a typed number releases it, the receipt tells.

import { firstDay, patchHalo, readHalo } from "../support/first_day";
import { expectAccessible, pictures } from "../support/look";
import { expect, test } from "../support/test";

test("a held stream is told everywhere, released by its number, and receipted", async ({ page, fresh }) => {
  test.setTimeout(240_000);
  await firstDay(page, fresh);
  await patchHalo(fresh, { hide_assets: 50 });
  await readHalo(fresh, /Held after \d+ calls/);

  for (const path of ["/", "/clients", "/assets"]) {
    await page.goto(`${fresh.url}${path}`);
    await expect(page.getByRole("alert").filter({ hasText: "Assets are on hold" })).toBeVisible();
  }
  await expectAccessible(page);
  await page.getByRole("link", { name: "See what to do" }).click();
  const hold = page.getByRole("region", { name: "On hold" });
  await expect(hold).toContainText("SYNC-010");
  await pictures(page, "sync-held");
  await expectAccessible(page);

  const typed = hold.getByRole("textbox");
  const number = ((await hold.locator("form.release label b").textContent()) ?? "").trim();
  expect(number).toMatch(/^\d+$/);
  await typed.fill(String(Number(number) - 1));
  await hold.getByRole("button", { name: "Release" }).click();
  await expect(hold).toContainText(`it is ${Number(number).toLocaleString("en-US")}. Nothing was released.`);
  await expectAccessible(page);
  await typed.fill(number);
  await hold.getByRole("button", { name: "Release" }).click();
  await expect(page.locator(".flash")).toContainText("Assets are released");

  await expect(async () => {
    await page.goto(`${fresh.url}/sync`);
    await expect(page.getByRole("region", { name: "On hold" })).toHaveCount(0, { timeout: 500 });
  }).toPass({ timeout: 60_000 });
  await pictures(page, "sync-released");
  await page.getByRole("link", { name: "Receipts" }).click();
  await expect(page.locator("main")).toContainText("signatures hold");
  await expect(page.locator("main")).toContainText("Held: SYNC-010");
  await pictures(page, "sync-receipts");
  await expectAccessible(page);
});
