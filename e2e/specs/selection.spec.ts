// Many assets at once, by keyboard alone: select, keep until a day, undo. And the same without script.

import { expectAccessible, expectNoSidewaysScroll, pictures } from "../support/look";
import { signIn } from "../support/sign_in";
import { expect, test } from "../support/test";

const TABLE = "/assets?grade=replace&group=none";

test("assets are selected, kept and taken back by keyboard", async ({ page, demo }) => {
  test.setTimeout(240_000);
  await signIn(page, demo);
  await page.goto(`${demo.url}${TABLE}`);
  const chosen = page.locator(".bulk .chosen");
  const names = page.locator("tbody tr:not(.group) .is-name a");
  const [first, third] = [await names.nth(0).textContent(), await names.nth(2).textContent()];

  await expect(page.locator(".bulk")).toBeHidden();
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(chosen).toHaveText("1 selected");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await expect(chosen).toHaveText("3 selected");
  await expectAccessible(page);
  await page.emulateMedia({ colorScheme: "light" });
  await page.screenshot({ path: "artefacts/assets-selected-light-1440.png" });

  // The bar covers no row: the last one can be brought to stand above it.
  await page.locator("tbody tr").last().scrollIntoViewIfNeeded();
  const last = await page.locator("tbody tr").last().boundingBox();
  const bar = await page.locator(".bulk").boundingBox();
  expect((last?.y ?? 0) + (last?.height ?? 0)).toBeLessThanOrEqual((bar?.y ?? 0) + 1);

  // A filter hides what is selected, and says so; Escape lets go of all of it.
  await page.goto(`${demo.url}/assets?q=${encodeURIComponent(first ?? "")}`);
  await expect(chosen).toHaveText(/selected, 2 not shown$/);
  await page.keyboard.press("j");
  await page.keyboard.press("Escape");
  await expect(page.locator(".bulk")).toBeHidden();

  await page.goto(`${demo.url}${TABLE}`);
  await expect(page.locator(".bulk")).toBeHidden();
  for (const key of ["j", "x", "j", "j", "Shift+X", "e"]) await page.keyboard.press(key);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Keep 3 assets until a date");
  await page.getByLabel("Keep until").fill("2027-06-30");
  await page.getByLabel("Reason").fill("as agreed with the client");
  await page.getByRole("button", { name: "Preview the changes" }).press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Keep 3 assets until 30 Jun 2027");
  await expect(page.locator("main")).toContainText("3 assets turn from Replace to Kept");
  await expectAccessible(page);
  await pictures(page, "bulk-plan");
  await page.getByRole("button", { name: "Keep 3 assets" }).press("Enter");

  await expect(page).toHaveURL(/grade=replace.*done=/);
  await expect(page.locator(".flash")).toContainText("3 assets are kept until 30 Jun 2027.");
  await expect(page.locator(".bulk")).toBeHidden();
  await expect(page.locator("tbody")).not.toContainText(first ?? "");
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await page.keyboard.press("u");
  await expect(page.locator(".flash")).toContainText("3 assets are as before.");
  await expect(page.locator("tbody")).toContainText(first ?? "");
  await expect(page.locator("tbody")).toContainText(third ?? "");
});

test("without script the same boxes and buttons do the same", async ({ browser, demo }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await signIn(page, demo);
  await page.goto(`${demo.url}${TABLE}`);
  await page.locator("tbody .is-box input").nth(0).check();
  await page.locator("tbody .is-box input").nth(1).check();
  await page.getByRole("button", { name: "Keep until a date" }).click();
  await page.getByLabel("Keep until").fill("2020-01-01");
  await page.getByRole("button", { name: "Preview the changes" }).click();
  await expect(page.locator("main")).toContainText("This day is past");
  await page.getByLabel("Keep until").fill("2027-06-30");
  await page.getByLabel("Reason").fill("as agreed");
  await page.getByRole("button", { name: "Preview the changes" }).click();
  await page.getByRole("button", { name: "Keep 2 assets" }).click();
  await expect(page.locator(".flash")).toContainText("2 assets are kept until 30 Jun 2027.");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".flash")).toContainText("2 assets are as before.");
  await context.close();
});
