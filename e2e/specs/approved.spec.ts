// The check that ends every spec can fail: what it lets through, and what it does not.

import { type Tables, type Write, unapproved } from "../support/approved";
import { expect, test } from "../support/test";

const END = { id: 7, name: "warranty_end", after: "2041-03-01T12:00:00" };

function post(...changes: Write["changes"]): Write {
  return { method: "POST", target: "/api/Asset", changes };
}

function tables(state: string, approvedAt: number | null): Tables {
  const fields = JSON.stringify([{ field: { standard: "warranty_end" }, wanted: { d: "2041-03-01" } }]);
  return {
    audit: [{ action: "write.plan" }],
    outbox: [{ plan_id: "p", remote_id: "7", state, fields }],
    write_plan: [{ id: "p", approved_at: approvedAt }],
  };
}

test("an approved value may arrive once, and nothing else may", () => {
  const applied = tables("applied", 5);
  expect(unapproved([post(END)], applied)).toEqual([]);
  expect(unapproved([post(END), post(END)], applied)).toHaveLength(1);
  expect(unapproved([post({ ...END, id: 8 })], applied)).toHaveLength(1);
  expect(unapproved([post({ ...END, name: "notes" })], applied)).toHaveLength(1);
  expect(unapproved([post({ ...END, after: null })], applied)).toHaveLength(1);
  expect(unapproved([post(END)], tables("applied", null))).toHaveLength(1);
  expect(unapproved([post(END)], tables("rehearsed", 5))).toHaveLength(1);
  expect(unapproved([{ method: "DELETE", target: "/api/Asset/7", changes: [] }], applied)).toHaveLength(1);
});

test("a webhook is registered because a person asked for it", () => {
  const hook: Write = { method: "POST", target: "/api/Webhook", changes: [] };
  const asked = { ...tables("applied", 5), audit: [{ action: "webhook.register" }] };
  expect(unapproved([hook], asked)).toEqual([]);
  expect(unapproved([hook], tables("applied", 5))).toHaveLength(1);
});
