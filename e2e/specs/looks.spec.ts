// What a page keeps to at every width: nothing is clipped, drawers give the focus back, rows are as high as chosen.

import type { Page } from "@playwright/test";

import { expectNoSidewaysScroll } from "../support/look";
import { signIn } from "../support/sign_in";
import { expect, test } from "../support/test";

/** No part of the page has to be scrolled sideways to be read. */
async function expectNothingClipped(page: Page): Promise<void> {
  await expectNoSidewaysScroll(page);
  const over = await page.evaluate(() =>
    [...document.querySelectorAll("main, main .scroll, main .body, main .section")]
      .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0)
      .map((part) => `${part.className}: ${part.scrollWidth} in ${part.clientWidth}`),
  );
  expect(over, "parts that are wider than their room").toEqual([]);
}

async function chooseDensity(page: Page, url: string, words: string): Promise<number> {
  await page.goto(`${url}/account`);
  await page.getByLabel("Height of rows").selectOption({ label: words });
  const taken = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Save the profile" }).click();
  await taken;
  await page.goto(`${url}/assets?group=none`);
  const heights = await page
    .locator("tbody tr:not(.spacer-row)")
    .evaluateAll((rows) => rows.slice(0, 20).map((row) => row.getBoundingClientRect().height));
  expect(Math.max(...heights) - Math.min(...heights), `${words} rows are equally high`).toBeLessThan(1);
  return heights[0] ?? 0;
}

test("rows are as high as the person chose, whatever their reasons say", async ({ page, demo }) => {
  await signIn(page, demo);
  expect(await chooseDensity(page, demo.url, "Compact")).toBeLessThan(32);
  expect(await chooseDensity(page, demo.url, "Roomy")).toBeGreaterThan(42);
  const normal = await chooseDensity(page, demo.url, "Normal");
  expect(normal).toBeGreaterThan(32);
  expect(normal).toBeLessThan(38);
});

test("a drawer opens over the page, Escape closes it, and the focus returns", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.setViewportSize({ width: 1024, height: 768 });
  await page.goto(`${demo.url}/sync`);
  const drawer = page.locator("#panel");
  const handle = page.locator(".panel-handle");
  await expect(drawer).toBeHidden();
  await handle.focus();
  await page.keyboard.press("Enter");
  await expect(drawer).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(drawer).toBeHidden();
  await expect(handle).toBeFocused();
});

test("rules are read and typed on a phone without scrolling sideways", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.setViewportSize({ width: 390, height: 844 });
  for (const part of ["kinds", "policies", "classes", "grading"]) {
    await page.goto(`${demo.url}/settings/rules/${part}`);
    await test.step(part, () => expectNothingClipped(page));
  }
});

test("a plan is whole beside its panel, and Ctrl+Enter applies it", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.setViewportSize({ width: 1024, height: 768 });
  await page.goto(`${demo.url}/assets?grade=replace&group=none`);
  await expect(page.locator("html")).toHaveAttribute("data-script", "on");
  for (const key of ["j", "x", "e"]) await page.keyboard.press(key);
  await page.getByLabel("Keep until").fill("2027-06-30");
  await page.getByLabel("Reason").fill("as agreed with the client when we met about the budget of next year");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Keep 1 asset until 30 Jun 2027");
  await expectNothingClipped(page);
  await expect(page.locator("html")).toHaveAttribute("data-script", "on");
  await page.keyboard.press("Control+Enter");
  await expect(page.locator(".flash")).toContainText("1 asset is kept until 30 Jun 2027.");
  await page.locator(".flash").getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".flash")).toContainText("1 asset is as before.");
});
