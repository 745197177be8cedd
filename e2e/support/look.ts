// How a page looks and reads: axe in both themes, no sideways scrolling, and pictures that are kept.

import AxeBuilder from "@axe-core/playwright";
import { type Page, expect } from "@playwright/test";

/** Phone, small and usual screen. */
export const WIDTHS = [390, 1024, 1440] as const;
const THEMES = ["light", "dark"] as const;
const HEIGHTS = { 390: 844, 1024: 768, 1440: 900 } as const;

/** axe finds nothing, in both themes. */
export async function expectAccessible(page: Page): Promise<void> {
  for (const colorScheme of THEMES) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const { violations } = await new AxeBuilder({ page }).analyze();
    const told = violations.flatMap((violation) =>
      violation.nodes.map((node) => `${violation.id}: ${violation.help}\n  ${node.target.join(" ")}\n  ${node.html}`),
    );
    expect(told, `axe, ${colorScheme}`).toEqual([]);
  }
}

/** Nothing is wider than the window; tables scroll in their own frame. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(over, "the page is wider than its window by so many px").toBeLessThanOrEqual(0);
}

/** Pictures in both themes and three widths, in `artefacts/`. */
export async function pictures(page: Page, name: string): Promise<void> {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: HEIGHTS[width] });
    await expectNoSidewaysScroll(page);
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      const path = `artefacts/${name}-${colorScheme}-${width}.png`;
      await page.screenshot({ path, fullPage: width === 390 });
    }
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
}
