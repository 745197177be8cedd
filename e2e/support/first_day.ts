// The first day of an MSP, as a person does it: set up, connect, and wait for the first sync.
//
// Each step ends where the next begins, so that a spec can look around in between.

import { type Page, expect } from "@playwright/test";

import { Program } from "./program";
import type { Fresh } from "./test";

const CLIENT_ID = "6f1c2a0e-3b5d-4e7f-8a9b-0c1d2e3f4a5b";
export const CLIENT_SECRET = "1b2c3d4e-5f60-4718-8293-a4b5c6d7e8f9-9e8d7c6b-5a49-4837-8625-1403f2e1d0c9";

/** Makes the MSP and its owner, on the set-up page. */
export async function setUp(page: Page, fresh: Fresh): Promise<void> {
  await page.getByLabel("Set-up code").fill(fresh.setupCode);
  await page.getByLabel("Name of your MSP").fill("Calder Ridge IT");
  await page.getByLabel("Your e-mail address").fill("ruth@calder-ridge.example");
  await page.getByLabel("Password").fill("four words are easier");
  await page.getByRole("button", { name: "Create the MSP" }).click();
}

/** Names Halo and our credentials there, on the connection page, and waits until the test has ended well. */
export async function connect(page: Page, fresh: Fresh): Promise<void> {
  await page.getByLabel("Halo address").fill(fresh.halo);
  await page.getByLabel("Client ID").fill(CLIENT_ID);
  await page.getByLabel("Client secret").fill(CLIENT_SECRET);
  await page.getByRole("button", { name: "Save and test" }).click();
  await expect(page.getByRole("button", { name: "Start the first sync" })).toBeVisible({ timeout: 30_000 });
}

/** Presses a button that sends a form, and waits until the server has taken it: going on at once would cut it off. */
export async function press(page: Page, name: string): Promise<void> {
  const taken = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name }).click();
  await taken;
}

/** Starts the first sync, and waits until we hold as many assets as Halo. */
export async function firstSync(page: Page, fresh: Fresh): Promise<void> {
  await press(page, "Start the first sync");
  await page.goto(`${fresh.url}/sync`);
  const title = page.getByRole("heading", { level: 1 });
  await expect(title).toHaveText(/Halo ([\d,]+) assets, here \1/, { timeout: 60_000 });
}

/** All of the first day: set up, connected, and everything read once. */
export async function firstDay(page: Page, fresh: Fresh): Promise<void> {
  await page.goto(fresh.url);
  await setUp(page, fresh);
  await page.goto(`${fresh.url}/connection`);
  await connect(page, fresh);
  await firstSync(page, fresh);
}

/** Patches how the simulated Halo behaves. */
export async function patchHalo(fresh: Fresh, settings: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${fresh.control}/settings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(settings),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

/** Reads the whole of Halo once, beside the server, until it says how it ended; a run of the server's is let pass. */
export async function readHalo(fresh: Fresh, ended: RegExp): Promise<void> {
  const env = { ALMANAC_HALO_ALLOW_PRIVATE_HOSTS: "127.0.0.1" };
  await expect(async () => {
    const run = new Program(["sync", "run", "--full", "--tenant", "calder-ridge-it", "--data", fresh.data], env);
    await run.says(ended, 90_000);
    await run.stop();
  }).toPass({ timeout: 150_000 });
}
