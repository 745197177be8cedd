// The API does what its description says, also when it is asked what nobody thought of.
//
// Schemathesis makes the requests out of the description: what is allowed must be taken, what is not allowed
// must be refused, and every answer must be one that is described. The demo is this test's own, since the
// requests decide things about its assets.

import { execFile } from "node:child_process";
import { resolve } from "node:path";

import { Program, freshFolder } from "../support/program";
import { signIn } from "../support/sign_in";
import { expect, test } from "../support/test";

/** The same requests in every run. */
const SEED = "1";
/** Making requests ends after this; a failure found earlier is told at the end. */
const SECONDS = 100;

/** Runs Schemathesis to its end in a folder that it may write to; whether it found something, and what it said. */
function schemathesis(args: string[], cwd: string): Promise<{ found: boolean; said: string }> {
  const packages = process.env["SCHEMATHESIS"];
  if (!packages) throw new Error("SCHEMATHESIS does not name the folder of its packages: ./run test brings them");
  const env = { PATH: process.env["PATH"], HOME: cwd, PYTHONPATH: packages, PYTHONDONTWRITEBYTECODE: "1" };
  const limits = { timeout: (SECONDS + 60) * 1000, maxBuffer: 64 * 1024 * 1024 };
  return new Promise((done) => {
    const program = ["-m", "schemathesis.cli", "--config-file", resolve("schemathesis.toml"), "run", ...args];
    execFile("python3", program, { env, cwd, ...limits }, (error, stdout, stderr) => {
      done({ found: error !== null, said: `${error?.message ?? ""}\n${stdout}\n${stderr}` });
    });
  });
}

test("the API keeps every promise of its description", async ({ page }) => {
  test.setTimeout((SECONDS + 150) * 1000);
  const data = await freshFolder();
  const program = new Program(["demo", "--listen", "127.0.0.1:0", "--data", data.path]);
  try {
    const [, url = ""] = await program.says(/Almanac is at (http:\/\/\S+)/, 90_000);
    const [, email = "", password = ""] = await program.says(/Sign-in: (\S+), password (\S+)/);
    await signIn(page, { url, email, password });
    await page.goto(`${url}/account/api-keys`);
    await page.getByLabel("Name").fill("Schemathesis");
    await page.getByLabel("It may").selectOption("write");
    await page.getByRole("button", { name: "Make a key" }).click();
    const [key] = (await page.locator("main").innerHTML()).match(/alm_\d+_[0-9a-f]{64}/) ?? [];
    expect(key, "the new key is shown").toBeTruthy();

    const header = ["--header", `Authorization: Bearer ${key}`];
    const bounds = ["--seed", SEED, "--max-examples", "20", "--max-time", String(SECONDS), "--request-timeout", "20"];
    const what = ["--phases", "coverage,fuzzing", "--checks", "all", "--continue-on-failure", "--no-color"];
    const { found, said } = await schemathesis([`${url}/api/openapi.json`, ...header, ...bounds, ...what], data.path);
    expect(found, said).toBe(false);
    // It tested something: without the key, every answer would be a described refusal.
    expect(said).toMatch(/Tested: \d+/);
    const asked = await page.request.get(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${key}` } });
    expect(await asked.json()).toMatchObject({ scopes: ["read", "write"] });
  } finally {
    await program.stop();
    await data.remove();
  }
});
