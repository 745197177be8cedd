// No spec ends with a write at Halo that nobody approved.
//
// What the simulator got is compared with the program's own backup: its plans, its outbox and its audit.
// Each approved field lets one value arrive once.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

import { binary } from "./program";

/** A request that asked the simulator to change something. */
export interface Write {
  method: string;
  target: string;
  changes: { id: number | null; name: string; after: unknown }[];
}

/** Rows of a table, each by the names of its columns. */
export type Tables = Record<string, Record<string, unknown>[]>;

/** A write in these states was sent, or may have been. */
const SENT = new Set(["sending", "applied", "conflict", "refused", "not_taken", "gone"]);

/** Fails when the simulator at `control` got what nobody approved in the Almanac whose folder is `data`. */
export async function expectApproved(control: string, data: string): Promise<void> {
  const answer = await fetch(`${control}/writes`);
  if (!answer.ok) throw new Error(`the simulator's control port says ${answer.status}`);
  const writes = (await answer.json()) as Write[];
  if (writes.length === 0) return;
  const outside = unapproved(writes, await tables(data));
  if (outside.length > 0) throw new Error(`written outside an approved plan:\n${outside.join("\n")}`);
}

/** What no approval explains, in words. */
export function unapproved(writes: Write[], tables: Tables): string[] {
  const asked = ["webhook.register", "webhook.remove"];
  const hasWebhook = rows(tables, "audit").some((row) => asked.includes(String(row["action"])));
  const left = approved(tables);
  const outside: string[] = [];
  for (const write of writes) {
    const path = (write.target.split("?")[0] ?? "").toLowerCase();
    if (hasWebhook && /^\/api\/(webhook|notification)(\/|$)/.test(path)) continue;
    if (write.method !== "POST" || path !== "/api/asset") {
      outside.push(`${write.method} ${write.target}`);
      continue;
    }
    for (const change of write.changes) {
      const one = `${change.id} ${change.name} ${shown(change.after)}`;
      const times = left.get(one) ?? 0;
      if (times === 0) outside.push(one);
      left.set(one, times - 1);
    }
  }
  return outside;
}

/** How often each value of each field may arrive. */
function approved(tables: Tables): Map<string, number> {
  const plans = rows(tables, "write_plan").filter((plan) => plan["approved_at"] !== null);
  const ids = new Set(plans.map((plan) => plan["id"]));
  const sent = rows(tables, "outbox").filter((row) => ids.has(row["plan_id"]) && SENT.has(String(row["state"])));
  const left = new Map<string, number>();
  for (const row of sent) {
    for (const field of JSON.parse(String(row["fields"])) as { field: RemoteField; wanted: Value | null }[]) {
      const one = `${row["remote_id"]} ${fieldName(field.field)} ${field.wanted?.v ?? field.wanted?.d ?? null}`;
      left.set(one, (left.get(one) ?? 0) + 1);
    }
  }
  return left;
}

interface RemoteField {
  standard?: string;
  typed?: { field_id: string };
  custom?: { field_id: string };
}

interface Value {
  v?: string;
  d?: string;
}

function fieldName(field: RemoteField): string {
  if (field.typed) return `fields/${field.typed.field_id}`;
  return field.standard ?? `customfields/${field.custom?.field_id}`;
}

/** A value as the program has it: a day is sent as an instant of it. */
function shown(value: unknown): string {
  const text = String(value);
  return /^\d{4}-\d\d-\d\dT[\d:]{8}$/.test(text) ? text.slice(0, 10) : text;
}

function rows(tables: Tables, name: string): Record<string, unknown>[] {
  const found = tables[name];
  if (!found) throw new Error(`the backup has no table ${name}`);
  return found;
}

/** Every table of an Almanac, by its own backup. */
async function tables(data: string): Promise<Tables> {
  const file = join(data, "approved.almanac");
  await promisify(execFile)(binary(), ["backup", file, "--data", data]);
  const all: Tables = {};
  let current: { rows: Record<string, unknown>[]; columns: string[] } | undefined;
  for (const line of gunzipSync(new Uint8Array(await readFile(file))).toString("utf8").split("\n").filter(Boolean)) {
    const parsed = JSON.parse(line) as unknown[] | { table?: string; columns?: string[] };
    if (!Array.isArray(parsed)) {
      current = { rows: [], columns: parsed.columns ?? [] };
      if (parsed.table) all[parsed.table] = current.rows;
    } else if (current) {
      const { columns } = current;
      current.rows.push(Object.fromEntries(parsed.map((value, at) => [columns[at] ?? "", value])));
    }
  }
  return all;
}
