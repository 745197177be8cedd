// What every spec starts from: `import { expect, test } from "../support/test"`.
//
// `demo` is the demo MSP with its simulator, synced once and shared by the specs of one worker: read it, change
// nothing that another spec relies on. `fresh` is an empty Almanac before its first-run set-up, with a
// simulator of its own, for one test. Both end with a look at what was written to Halo: only what was approved.

import { test as base } from "@playwright/test";

import { expectApproved } from "./approved";
import { Program, freshFolder } from "./program";

export { expect } from "@playwright/test";

/** The demo, signed in to with these. */
export interface Demo {
  /** Such as http://127.0.0.1:41234. */
  url: string;
  email: string;
  password: string;
  /** The simulated Halo, and the port that makes it misbehave. */
  halo: string;
  control: string;
}

/** An Almanac that nobody has set up. */
export interface Fresh {
  url: string;
  setupCode: string;
  halo: string;
  control: string;
  /** Its folder, for a command beside the server. */
  data: string;
}

export const test = base.extend<{ fresh: Fresh; quiet: undefined }, { demo: Demo }>({
  demo: [
    async ({}, use) => {
      const data = await freshFolder();
      const program = new Program(["demo", "--listen", "127.0.0.1:0", "--data", data.path]);
      try {
        const [, url] = await program.says(/Almanac is at (http:\/\/\S+)/, 90_000);
        const [, email, password] = await program.says(/Sign-in: (\S+), password (\S+)/);
        const [, halo, control] = await program.says(/Simulated Halo: (\S+), control port (\S+)/);
        const [, folder] = await program.says(/Commands on this data: --data (\S+)/);
        await use({
          url: url ?? "",
          email: email ?? "",
          password: password ?? "",
          halo: halo ?? "",
          control: `http://${control}`,
        });
        await expectApproved(`http://${control}`, folder ?? "");
      } finally {
        await program.stop();
        await data.remove();
      }
    },
    { scope: "worker", timeout: 120_000 },
  ],

  fresh: async ({}, use) => {
    const data = await freshFolder();
    const sim = new Program(["halo-sim"]);
    const env = { ALMANAC_HALO_ALLOW_PRIVATE_HOSTS: "127.0.0.1" };
    const server = new Program(["serve", "--listen", "127.0.0.1:0", "--data", data.path], env);
    try {
      const [, halo] = await sim.says(/HaloPSA simulator at (\S+)/);
      const [, control] = await sim.says(/control port at (\S+)/);
      const [, url] = await server.says(/Almanac is at (http:\/\/\S+)/);
      const [, setupCode] = await server.says(/Set-up code: (\S+)/);
      await use({
        url: url ?? "",
        setupCode: setupCode ?? "",
        halo: halo ?? "",
        control: control ?? "",
        data: data.path,
      });
      await expectApproved(control ?? "", data.path);
    } finally {
      await server.stop();
      await sim.stop();
      await data.remove();
    }
  },

  // A page that throws, or breaks its own policy, fails its test whatever the test looked at.
  quiet: [
    async ({ page }, use) => {
      const heard: string[] = [];
      page.on("pageerror", (error) => heard.push(`error: ${error.message}`));
      page.on("console", (message) => {
        const isOurs = message.type() === "error" && !message.text().startsWith("Failed to load resource");
        if (isOurs) heard.push(`console: ${message.text()}`);
      });
      await use(undefined);
      if (heard.length > 0) throw new Error(`the page was not quiet:\n${heard.join("\n")}`);
    },
    { auto: true },
  ],
});
