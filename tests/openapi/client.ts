// SPDX-License-Identifier: MIT
// client.js URL: asks for the users with a client whose types were made from the document (schema.d.ts), and prints what
// came, as one JSON object. That it compiles, strictly, is a half of the test.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

declare const process: { argv: string[] };

type User = components["schemas"]["users"];

const client = createClient<paths, "application/json">({ baseUrl: process.argv[2] ?? "" });

const all = await client.GET("/users", { params: { query: { order: "id", limit: 10 } } });
const users: User[] = all.data ?? [];
const names: (string | undefined)[] = users.map((user) => user.username);

const guest = await client.GET("/users", { params: { query: { username: "eq.guest", select: "id" } } });

const one = await client.GET("/users/{key}", { params: { path: { key: 1 } } });
const email: string | undefined = one.data?.email;

const none = await client.GET("/users/{key}", { params: { path: { key: 99 } } });
const code: string | undefined = none.error?.code;

const counted = await client.GET("/users", {
  params: { query: { limit: 1 }, header: { Prefer: "count=exact" } },
});

// The columns without a default are enough.
const added = await client.POST("/orders", {
  params: { header: { Prefer: "return=representation" } }, body: { total: 5.25 },
});
const state: string | undefined = added.data?.[0]?.state;

// @ts-expect-error: an order has a total
await client.POST("/orders", { body: { state: "new" } });
// @ts-expect-error: there is no such column
const wrong: unknown = users[0]?.nosuch;
// @ts-expect-error: a user's name is a text
const alsoWrong: number | undefined = users[0]?.username;
// @ts-expect-error: there is no such table
await client.GET("/nosuch").catch(() => undefined);

console.log(JSON.stringify({ names, guest: guest.data, email, code, status: counted.response.status,
  range: counted.response.headers.get("Content-Range"), added: added.response.status, state, wrong, isText: typeof alsoWrong }));
