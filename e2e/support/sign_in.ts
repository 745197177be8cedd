// Signing in, as a person does it.

import type { Page } from "@playwright/test";

/** Fills and sends the sign-in form, and waits for the page behind it. */
export async function signIn(page: Page, at: { url: string; email: string; password: string }): Promise<void> {
  await page.goto(`${at.url}/sign-in`);
  await page.getByLabel("E-mail").fill(at.email);
  await page.getByLabel("Password").fill(at.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
}
