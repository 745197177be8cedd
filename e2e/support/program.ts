// The almanac program as a child: started, read until it says what is waited for, ended.
//
// ALMANAC_BIN names the program; without it the debug build is taken. Every port is chosen by the system,
// so that nothing collides.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/** The program promises to end within 10 seconds of SIGTERM. */
const END_MS_MAX = 15_000;

/** Where the program is. */
export function binary(): string {
  const target = process.env["CARGO_TARGET_DIR"] ?? resolve("../target");
  const path = process.env["ALMANAC_BIN"] ?? join(target, "debug", "almanac");
  if (!existsSync(path)) throw new Error(`${path} is not there: cargo build -p almanac-app, or set ALMANAC_BIN`);
  return path;
}

/** A program of ours that runs. */
export class Program {
  #child: ChildProcess;
  #said = "";
  #waiting = new Set<() => void>();
  #ended: Promise<number | null>;

  constructor(args: string[], env: Record<string, string> = {}) {
    this.#child = spawn(binary(), args, {
      env: { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "/tmp", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const hear = (chunk: Buffer): void => {
      this.#said += chunk.toString("utf8");
      for (const wake of this.#waiting) wake();
    };
    this.#child.stdout?.on("data", hear);
    this.#child.stderr?.on("data", hear);
    this.#ended = new Promise((done) => {
      this.#child.once("exit", (code) => {
        done(code);
        for (const wake of this.#waiting) wake();
      });
    });
  }

  /** Everything that it has said. */
  get said(): string {
    return this.#said;
  }

  /** Waits until it has said something; the match. */
  async says(pattern: RegExp, withinMs = 45_000): Promise<RegExpMatchArray> {
    const until = Date.now() + withinMs;
    for (;;) {
      const match = this.#said.match(pattern);
      if (match) return match;
      const left = until - Date.now();
      if (this.#child.exitCode !== null || left <= 0) {
        const how = left <= 0 ? `did not say ${pattern} within ${withinMs} ms` : `ended with ${this.#child.exitCode}`;
        throw new Error(`almanac ${how}. It said:\n${this.#said}`);
      }
      await new Promise<void>((done) => {
        const wake = (): void => {
          clearTimeout(timer);
          this.#waiting.delete(wake);
          done();
        };
        const timer = setTimeout(wake, left);
        this.#waiting.add(wake);
      });
    }
  }

  /** Asks it to end, and waits until it has; one that does not is ended by force, and that is an error. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGTERM");
    const force = setTimeout(() => this.#child.kill("SIGKILL"), END_MS_MAX);
    await this.#ended;
    clearTimeout(force);
    if (this.#child.signalCode === "SIGKILL") throw new Error(`almanac did not end within ${END_MS_MAX} ms`);
  }
}

/** An empty folder for data, and how to remove it. */
export async function freshFolder(): Promise<{ path: string; remove: () => Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "almanac-e2e-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
