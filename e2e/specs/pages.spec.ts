// Every page of the demo: axe is silent in both themes, nothing is wider than its window, pictures are kept.

import { expectAccessible, pictures } from "../support/look";
import { signIn } from "../support/sign_in";
import { expect, test } from "../support/test";

const PAGES: [string, string][] = [
  ["portfolio", "/"],
  ["clients", "/clients"],
  ["assets", "/assets"],
  ["assets-none", "/assets?q=nothing-is-called-so"],
  ["search", "/search?q=pc"],
  ["sync", "/sync"],
  ["connection", "/connection"],
  ["rules-kinds", "/settings/rules/kinds"],
  ["rules-policies", "/settings/rules/policies"],
  ["rules-classes", "/settings/rules/classes"],
  ["rules-grading", "/settings/rules/grading"],
  ["settings", "/settings"],
  ["users", "/settings/users"],
  ["account", "/account"],
  ["api-keys", "/account/api-keys"],
  ["not-found", "/nowhere"],
];

for (const [name, path] of PAGES) {
  test(`${name} is whole`, async ({ page, demo }) => {
    await signIn(page, demo);
    await page.goto(demo.url + path);
    await expect(page.locator("h1")).toHaveCount(1);
    await expectAccessible(page);
    await pictures(page, name);
  });
}

test("a client's pages are whole", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto(`${demo.url}/clients`);
  await page.locator("tbody th a").first().click();
  await expectAccessible(page);
  await pictures(page, "client");
  await page.getByRole("link", { name: /^Assets/ }).last().click();
  await expect(page).toHaveURL(/\/clients\/[^/]+\/assets/);
  await expectAccessible(page);
  await pictures(page, "client-assets");
});

test("the sign-in page is whole", async ({ page, demo }) => {
  await page.goto(`${demo.url}/sign-in`);
  await expectAccessible(page);
  await pictures(page, "sign-in");
});

test("a person works by keyboard alone", async ({ page, demo }) => {
  await signIn(page, demo);
  await page.goto(demo.url);
  await expect(page.locator("html")).toHaveAttribute("data-script", "on");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/clients\/[^/]+$/);
  // Keys work from the moment that the islands of the new page have begun.
  await expect(page.locator("html")).toHaveAttribute("data-script", "on");
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page).toHaveURL(/\/sync$/);
});

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });

  test("pages are read, filtered and asked why", async ({ page, demo }) => {
    await signIn(page, demo);
    await page.goto(`${demo.url}/assets`);
    await page.getByRole("link", { name: /Replace/ }).first().click();
    await expect(page).toHaveURL(/grade=replace/);
    await page.locator("a[data-why]").first().click();
    await expect(page).toHaveURL(/\/why/);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expect(page.locator("main")).toContainText("Source");
  });
});
