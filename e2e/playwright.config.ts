// Almanac in a real browser: Debian's Chromium, two at a time, and no second try.
//
// A test that fails now and then is a bug with an owner. Nothing is downloaded: the browser is the one of
// the machine, and everything that is spoken to listens on loopback.

import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: "specs",
  outputDir: "artefacts/results",
  workers: 2,
  retries: 0,
  forbidOnly: true,
  fullyParallel: false,
  // A machine that builds at the same time is slow; these only bound what hangs.
  timeout: 180_000,
  expect: { timeout: 20_000 },
  reporter: [["list"]],
  projects: [
    { name: "pages", testIgnore: /api\.spec\.ts$/ },
    { name: "api", testMatch: /api\.spec\.ts$/ },
  ],
  use: {
    browserName: "chromium",
    viewport: { width: 1440, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/London",
    trace: { mode: "retain-on-failure", screenshots: false },
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
