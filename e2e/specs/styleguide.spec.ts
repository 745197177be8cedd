// The styleguide: every component at once, so what is broken everywhere is seen here first.

import { expectAccessible, expectNoSidewaysScroll, pictures } from "../support/look";
import { expect, test } from "../support/test";

test("it shows tokens and components, axe is silent, and pictures are kept", async ({ page, demo }) => {
  await page.goto(`${demo.url}/styleguide`);
  await expect(page.getByRole("heading", { level: 1, name: "Foundations" })).toBeVisible();
  await expect(page.locator(".swatch")).toHaveCount(52);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await pictures(page, "styleguide");
  for (const frame of ["wizard", "bare"]) {
    await page.goto(`${demo.url}/styleguide?frame=${frame}`);
    await expectAccessible(page);
    await pictures(page, `styleguide-${frame}`);
  }
});

test("why opens in place, is a named dialog, and gives the focus back", async ({ page, demo }) => {
  await page.goto(`${demo.url}/styleguide`);
  const chip = page.locator("table a[data-why]").first();
  await chip.focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Why Replace?" });
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText("Purchase date 4 Jul 2019");
  await expect(chip).toHaveAttribute("aria-expanded", "true");
  await expectAccessible(page);
  await page.screenshot({ path: "artefacts/styleguide-why.png" });
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(chip).toBeFocused();
  expect(new URL(page.url()).pathname).toBe("/styleguide");
});

test("a table is worked by keys alone", async ({ page, demo }) => {
  await page.goto(`${demo.url}/styleguide`);
  const table = page.getByRole("region", { name: "Assets" });
  await table.focus();
  await page.keyboard.press("j");
  await expect(table.locator("tr.is-cursor")).toContainText("HP-WS-022");
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Shift+X");
  await expect(table.locator("tbody :checked")).toHaveCount(3);
  const all = table.getByRole("checkbox", { name: "Select all rows here" });
  await expect(all).toHaveJSProperty("indeterminate", true);
  await page.keyboard.press("w");
  await expect(page.getByRole("dialog", { name: "Why Replace?" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await expect(table.locator("tbody :checked")).toHaveCount(0);
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keys of this page" })).toBeVisible();
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await expect(page.locator("input[type=search]:focus")).toHaveCount(1);
});

test("the rows that follow are fetched when they are near", async ({ page, demo }) => {
  await page.goto(`${demo.url}/styleguide`);
  const table = page.getByRole("region", { name: "Assets" });
  await table.scrollIntoViewIfNeeded();
  await expect(table.getByRole("row", { name: "HP-LT-118" })).toHaveAttribute("aria-rowindex", "119");
  await expect(table.getByRole("link", { name: "More rows" })).toHaveCount(0);
});

test("the theme changes at once, and without the system's", async ({ page, demo }) => {
  await page.goto(`${demo.url}/styleguide`);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  await page.getByText("Dark", { exact: true }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  expect(await ground()).not.toBe(light);
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("everything is there, and chips lead to their page", async ({ page, demo }) => {
    await page.goto(`${demo.url}/styleguide`);
    await expect(page.getByRole("heading", { level: 1, name: "Foundations" })).toBeVisible();
    await expect(page.getByRole("button", { name: "Save theme" })).toBeVisible();
    await page.getByRole("link", { name: "More rows" }).click();
    await expect(page.getByText("HP-LT-118")).toBeVisible();
    await page.goBack();
    await page.locator("table a[data-why]").first().click();
    await expect(page.getByRole("heading", { name: "Why Replace?" })).toBeVisible();
  });
});
