// SPDX-License-Identifier: MIT
// Every method of @supabase/postgrest-js that writes, as it is published, against the real servers (test_postgrest_js.py
// starts them and makes the tables; it finds the tests by their names, which stand in double quotes behind `test(`).
//
// MYREST_URL   where nginx answers
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { PostgrestClient, PostgrestError } = require("@supabase/postgrest-js");
const here = require("./here.js");

const client = new PostgrestClient(process.env.MYREST_URL);
const people = () => client.from("people");
const ANN = { id: 1, email: "ann@x", name: "Ann", age: 30, city: null };
const BOB = { id: 2, email: "bob@x", name: "Bob", age: 40, city: "Bonn" };
const CYD = { id: 3, email: "cyd@x", name: "Cyd", age: 50, city: "Bonn" };

// The answer, which must be a success.
async function good(query, status) {
    const answer = await query;
    assert.equal(answer.error, null, JSON.stringify(answer.error));
    assert.equal(answer.status, status);
    return answer;
}

async function nothing(query, status) {
    assert.equal((await good(query, status)).data, null);
}

async function refused(query, expected) {
    const { data, error, status, count } = await query;
    assert.notEqual(error, null, `it was done: ${JSON.stringify(data)}`);
    assert.equal(data, null);
    assert.equal(count, null);
    assert.deepEqual(Object.keys(error).sort(), ["code", "details", "hint", "message"]);
    assert.equal(status, expected.status);
    assert.ok(expected.code === undefined || error.code === expected.code, `${error.code} instead of ${expected.code}`);
    for (const word of expected.says ?? []) {
        assert.match(`${error.message} ${error.details}`, new RegExp(`(?<!\\w)${word}(?!\\w)`));
    }
    assert.doesNotMatch(`${error.message} ${error.details} ${error.hint}`, /insert into|duplicate entry|mysql|mariadb|`/i);
    return error;
}

async function all() {
    return (await good(people().select().order("id"), 200)).data;
}

async function fresh() {
    await nothing(client.from("orders").delete().gte("id", 0), 204);
    await nothing(people().delete().gte("id", 0), 204);
    await nothing(people().insert([ANN, BOB, CYD]), 201);
}

async function unchanged(act) {
    await fresh();
    await act();
    assert.deepEqual(await all(), [ANN, BOB, CYD]);
}

const DAN = { email: "dan@x", name: "Dan" };
const EVE = { email: "eve@x", name: "Eve" };

// --- insert

test("insert: one", async () => {
    await fresh();
    const answer = await good(people().insert({ id: 4, ...DAN }), 201);
    assert.deepEqual([answer.data, answer.count, answer.statusText], [null, null, "Created"]);
    assert.deepEqual((await all())[3], { id: 4, ...DAN, age: 18, city: null });
});

test("insert: one, and its id is the database's", async () => {
    await fresh();
    await nothing(people().insert(DAN), 201);
    const [row] = (await good(people().select().eq("email", "dan@x"), 200)).data;
    assert.ok(Number.isInteger(row.id) && row.id > 3);
    assert.deepEqual(row, { id: row.id, ...DAN, age: 18, city: null });
});

test("insert: one, shown", async () => {
    await fresh();
    const { data } = await good(people().insert(DAN).select(), 201);
    assert.equal(data.length, 1);
    assert.deepEqual(data, [{ id: data[0].id, ...DAN, age: 18, city: null }]);
    assert.deepEqual((await all())[3], data[0]);
});

test("insert: one, shown as one", async () => {
    await fresh();
    const { data } = await good(people().insert(DAN).select().single(), 201);
    assert.deepEqual(data, { id: data.id, ...DAN, age: 18, city: null });
    const other = await good(people().insert(EVE).select("email, years:age").maybeSingle(), 201);
    assert.deepEqual(other.data, { email: "eve@x", years: 18 });
});

test("insert: some columns are shown", async () => {
    await fresh();
    assert.deepEqual((await good(people().insert(DAN).select("email"), 201)).data, [{ email: "dan@x" }]);
    assert.deepEqual((await good(people().insert(EVE).select("who:name, age::text"), 201)).data, [{ who: "Eve", age: "18" }]);
});

test("insert: many", async () => {
    await fresh();
    await nothing(people().insert([DAN, EVE]), 201);
    assert.deepEqual((await all()).slice(3).map((row) => row.name), ["Dan", "Eve"]);
});

test("insert: many, shown in their order", async () => {
    await fresh();
    const rows = Array.from({ length: 500 }, (_, at) => ({ email: `${at}@x`, name: `N${at}` }));
    const { data } = await good(people().insert(rows).select("id, email, name"), 201);
    assert.deepEqual(data.map(({ email, name }) => ({ email, name })), rows);
    assert.equal(new Set(data.map((row) => row.id)).size, 500);
    const kept = (await good(people().select("id, email, name").gt("id", 3).order("id"), 200)).data;
    assert.deepEqual(kept, [...data].sort((a, b) => a.id - b.id));
});

test("insert: many with other keys are NULL where they have none", async () => {
    await fresh();
    const { data } = await good(people().insert([{ ...DAN, age: 5 }, { ...EVE, city: "Ulm" }]).select("name, age, city"), 201);
    assert.deepEqual(data, [{ name: "Dan", age: 5, city: null }, { name: "Eve", age: null, city: "Ulm" }]);
});

test("insert: defaultToNull false gives defaults where they have none", async () => {
    await fresh();
    const { data } = await good(
        people().insert([{ ...DAN, age: 5 }, { ...EVE, city: "Ulm" }], { defaultToNull: false }).select("name, age, city"), 201);
    assert.deepEqual(data, [{ name: "Dan", age: 5, city: null }, { name: "Eve", age: 18, city: "Ulm" }]);
});

test("insert: defaultToNull false, ids that are absent", async () => {
    await fresh();
    const { data } = await good(people().insert([{ id: 900, ...DAN }, EVE], { defaultToNull: false }).select("id, name"), 201);
    assert.deepEqual(data.map((row) => row.name), ["Dan", "Eve"]);
    assert.equal(data[0].id, 900);
    assert.ok(data[1].id > 3 && data[1].id !== 900);
});

test("insert: none", async () => {
    await unchanged(async () => {
        await nothing(people().insert([]), 201);
        assert.deepEqual((await good(people().insert([]).select(), 201)).data, []);
    });
});

test("insert: count", async () => {
    await fresh();
    const one = await good(people().insert(DAN, { count: "exact" }), 201);
    assert.deepEqual([one.data, one.count], [null, 1]);
    const many = await good(people().insert([EVE, { email: "f@x", name: "F" }], { count: "exact" }).select("name"), 201);
    assert.deepEqual([many.data, many.count], [[{ name: "Eve" }, { name: "F" }], 2]);
});

test("insert: csv is shown", async () => {
    await fresh();
    const { data } = await good(people().insert([DAN, { email: "q@x", name: 'a "q", b' }]).select("email,name,city").csv(), 201);
    assert.equal(data, 'email,name,city\ndan@x,Dan,\nq@x,"a ""q"", b",\n');
});

test("insert: every kind of value", async () => {
    const row = {
        i: -2147483648, price: 12345.67, ratio: 0.1, flag: true, day: "2024-02-29", at: "2024-01-02T03:04:05.678",
        stamp: "2024-01-02T03:04:05+00:00", kind: "b", doc: { a: [1, "x", null, { b: true }] }, raw: "AAEC/w==",
        text: here("clients.text", "naïve 😀 \u0000 \\ ' \" \n"), nothing: null,
    };
    const { data } = await good(client.from("kinds").insert(row).select().single(), 201);
    assert.deepEqual(data, { id: data.id, ...row });
    const again = await good(client.from("kinds").select().eq("id", data.id).single(), 200);
    assert.deepEqual(again.data, data);
    const copy = await good(client.from("kinds").insert([{ ...data, id: data.id + 1000 }]).select(), 201);
    assert.deepEqual(copy.data, [{ ...data, id: data.id + 1000 }]);
});

test("insert: a duplicate is refused", async () => {
    await unchanged(async () => {
        await refused(people().insert({ ...DAN, email: "ann@x" }), { status: 409, code: "23505", says: ["email"] });
        await refused(people().insert(ANN), { status: 409, code: "23505" });
        await refused(people().insert([DAN, { ...EVE, email: "bob@x" }]).select(), { status: 409, code: "23505", says: ["email", "row 2"] });
    });
});

test("insert: what does not fit is refused", async () => {
    await unchanged(async () => {
        await refused(people().insert({ ...DAN, name: "x".repeat(21) }), { status: 422, code: "22001", says: ["name"] });
        await refused(people().insert({ ...DAN, age: 2147483648 }), { status: 422, code: "22003", says: ["age"] });
        await refused(people().insert({ ...DAN, age: "old" }), { status: 400, code: "22P02", says: ["age"] });
        await refused(people().insert({ ...DAN, age: -1 }), { status: 422, code: "23514", says: ["age_check"] });
        await refused(people().insert({ ...DAN, name: null }), { status: 422, code: "23502", says: ["name"] });
        await refused(people().insert({ email: "dan@x" }), { status: 422, code: "23502", says: ["name"] });
        await refused(people().insert({ ...DAN, nothing: 1 }), { status: 400, code: "PGRST204", says: ["nothing"] });
        await refused(people().insert([{ ...DAN, nothing: 1 }]), { status: 400, code: "PGRST204", says: ["nothing"] });
        await refused(client.from("orders").insert({ person: 99 }), { status: 409, code: "23503", says: ["person"] });
        await refused(people().insert([DAN, { ...EVE, name: "x".repeat(21) }]), { status: 422, code: "22001", says: ["name", "row 2"] });
    });
});

test("insert: a table that is not there, or not to be written", async () => {
    await refused(client.from("nowhere").insert({ a: 1 }), { status: 404, code: "PGRST205", says: ["nowhere"] });
    const { error, status } = await client.from("fixed").insert({ id: 2 });
    assert.equal(status, 405);
    assert.notEqual(error, null);
    assert.deepEqual((await good(client.from("fixed").select(), 200)).data, [{ id: 1 }]);
});

test("insert: one of several cannot be shown as one", async () => {
    await unchanged(async () => {
        await refused(people().insert([DAN, EVE]).select().single(), { status: 406, code: "PGRST116", says: ["2 rows"] });
    });
});

test("insert: columns that are not there cannot be shown", async () => {
    await unchanged(async () => {
        await refused(people().insert(DAN).select("nothing"), { status: 400, code: "42703", says: ["nothing"] });
    });
});

test("insert: names in need of quotes", async () => {
    const odd = () => client.from("odd, name");
    await nothing(odd().delete().gte('"a b"', 0), 204);
    const { data } = await good(odd().insert([{ "a b": 1, "κόσμος": "x" }, { "a b": 2, "κόσμος": "y" }]).select(), 201);
    assert.deepEqual(data, [{ "a b": 1, "κόσμος": "x" }, { "a b": 2, "κόσμος": "y" }]);
    assert.deepEqual((await good(odd().update({ "κόσμος": "z" }).eq('"a b"', 2).select(), 200)).data, [{ "a b": 2, "κόσμος": "z" }]);
    await merged(odd().upsert({ "a b": 2, "κόσμος": "w" }, { onConflict: '"a b"' }));
    assert.deepEqual((await good(odd().delete().eq("κόσμος", "w").select('"a b"'), 200)).data, [{ "a b": 2 }]);
});

// --- upsert

// A merge says 201, or 200 when no row is new.
async function merged(query) {
    const answer = await query;
    assert.equal(answer.error, null, JSON.stringify(answer.error));
    assert.ok([200, 201].includes(answer.status), `${answer.status}`);
    return answer;
}

test("upsert: who is there is changed, who is not is added", async () => {
    await fresh();
    const { data } = await merged(people().upsert([{ ...ANN, age: 31 }, { id: 9, ...DAN, age: 9, city: "Ulm" }]).select());
    assert.deepEqual(data, [{ ...ANN, age: 31 }, { id: 9, ...DAN, age: 9, city: "Ulm" }]);
    assert.deepEqual(await all(), [{ ...ANN, age: 31 }, BOB, CYD, { id: 9, ...DAN, age: 9, city: "Ulm" }]);
});

test("upsert: one", async () => {
    await fresh();
    const answer = await merged(people().upsert({ id: 2, email: "bob@x", name: "Robert" }));
    assert.equal(answer.data, null);
    assert.deepEqual((await all())[1], { ...BOB, name: "Robert" });
    const { data } = await merged(people().upsert(DAN).select().single());
    assert.deepEqual(data, { id: data.id, ...DAN, age: 18, city: null });
});

test("upsert: onConflict", async () => {
    await fresh();
    const { data } = await merged(people().upsert({ email: "bob@x", name: "Robert" }, { onConflict: "email" }).select());
    assert.deepEqual(data, [{ ...BOB, name: "Robert" }]);
    const many = await merged(people().upsert([{ email: "ann@x", name: "Anna" }, DAN], { onConflict: "email" }).select("id, name"));
    assert.deepEqual(many.data.map((row) => row.name), ["Anna", "Dan"]);
    assert.equal(many.data[0].id, 1);
    assert.equal((await all()).length, 4);
});

test("upsert: onConflict of several columns", async () => {
    const cells = () => client.from("cells");
    await nothing(cells().delete().gte("x", 0), 204);
    await nothing(cells().insert([{ x: 1, y: 1, v: "a" }, { x: 1, y: 2, v: "b" }]), 201);
    const { data } = await merged(cells().upsert([{ x: 1, y: 2, v: "B" }, { x: 2, y: 1, v: "C" }], { onConflict: "x,y" }).select());
    assert.deepEqual(data, [{ x: 1, y: 2, v: "B" }, { x: 2, y: 1, v: "C" }]);
    await merged(cells().upsert({ x: 1, y: 1, v: "A" }));
    assert.deepEqual((await good(cells().select("v").order("x").order("y"), 200)).data, [{ v: "A" }, { v: "B" }, { v: "C" }]);
});

test("upsert: ignoreDuplicates", async () => {
    await fresh();
    const { data } = await merged(people().upsert([{ ...ANN, name: "Other" }, { id: 9, ...DAN, age: 9, city: null }],
                                                  { ignoreDuplicates: true }).select());
    assert.deepEqual(data, [{ id: 9, ...DAN, age: 9, city: null }]);
    assert.deepEqual((await all())[0], ANN);
    const none = await merged(people().upsert([ANN, BOB], { ignoreDuplicates: true }).select());
    assert.deepEqual(none.data, []);
    const by = await merged(people().upsert([{ email: "cyd@x", name: "Z" }, EVE], { onConflict: "email", ignoreDuplicates: true }).select("name"));
    assert.deepEqual(by.data, [{ name: "Eve" }]);
    assert.deepEqual((await all())[2], CYD);
});

test("upsert: defaultToNull", async () => {
    await fresh();
    const rows = [{ email: "ann@x", name: "A", age: 1 }, { email: "dan@x", name: "D" }];
    const missing = await merged(people().upsert(rows, { onConflict: "email", defaultToNull: false }).select("name, age"));
    assert.deepEqual(missing.data, [{ name: "A", age: 1 }, { name: "D", age: 18 }]);
    const nulls = await merged(people().upsert([{ email: "ann@x", name: "A", age: 2 }, { email: "eve@x", name: "E" }],
                                               { onConflict: "email" }).select("name, age"));
    assert.deepEqual(nulls.data, [{ name: "A", age: 2 }, { name: "E", age: null }]);
});

test("upsert: count", async () => {
    await fresh();
    const { count, data } = await merged(people().upsert([{ ...ANN, age: 1 }, { id: 8, ...DAN, age: 2, city: null }], { count: "exact" }).select("id"));
    assert.deepEqual(data, [{ id: 1 }, { id: 8 }]);
    assert.equal(count, 2);
});

test("upsert: another key's duplicate is refused", async () => {
    await unchanged(async () => {
        await refused(people().upsert({ id: 9, email: "bob@x", name: "B" }), { status: 409, code: "23505", says: ["email"] });
        await refused(people().upsert({ id: 9, email: "bob@x", name: "B" }, { ignoreDuplicates: true }), { status: 409, code: "23505", says: ["email"] });
    });
});

test("upsert: onConflict that is no key is refused", async () => {
    await unchanged(async () => {
        await refused(people().upsert({ ...DAN, age: 1 }, { onConflict: "age" }), { status: 400, code: "42P10" });
        await refused(people().upsert({ ...DAN, age: 1 }, { onConflict: "name,email" }), { status: 400, code: "42P10" });
    });
});

test("upsert: what does not fit is refused, also by ignoreDuplicates", async () => {
    await unchanged(async () => {
        await refused(people().upsert({ ...DAN, name: "x".repeat(21) }, { ignoreDuplicates: true }), { status: 422, code: "22001", says: ["name"] });
        await refused(people().upsert({ ...ANN, age: -1 }), { status: 422, code: "23514" });
    });
});

// --- update

test("update", async () => {
    await fresh();
    const answer = await good(people().update({ age: 31, city: "Köln" }).eq("id", 1), 204);
    assert.deepEqual([answer.data, answer.count, answer.statusText], [null, null, "No Content"]);
    assert.deepEqual(await all(), [{ ...ANN, age: 31, city: "Köln" }, BOB, CYD]);
});

test("update: shown", async () => {
    await fresh();
    const { data } = await good(people().update({ city: "Ulm" }).eq("city", "Bonn").order("id").select(), 200);
    assert.deepEqual(data, [{ ...BOB, city: "Ulm" }, { ...CYD, city: "Ulm" }]);
    const some = await good(people().update({ city: null }).eq("id", 2).select("name, city"), 200);
    assert.deepEqual(some.data, [{ name: "Bob", city: null }]);
    assert.deepEqual((await good(people().update({ age: 1 }).eq("id", 99).select(), 200)).data, []);
});

test("update: single", async () => {
    await fresh();
    assert.deepEqual((await good(people().update({ age: 1 }).eq("id", 1).select().single(), 200)).data, { ...ANN, age: 1 });
    await refused(people().update({ age: 2 }).gt("id", 1).select().single(), { status: 406, code: "PGRST116", says: ["2 rows"] });
    await refused(people().update({ age: 2 }).eq("id", 99).select().single(), { status: 406, code: "PGRST116", says: ["0 rows"] });
    assert.deepEqual(await all(), [{ ...ANN, age: 1 }, BOB, CYD]);
});

test("update: maybeSingle", async () => {
    await fresh();
    assert.deepEqual((await good(people().update({ age: 1 }).eq("id", 1).select("age").maybeSingle(), 200)).data, { age: 1 });
    assert.equal((await good(people().update({ age: 1 }).eq("id", 99).select().maybeSingle(), 200)).data, null);
});

test("update: count", async () => {
    await fresh();
    const quiet = await good(people().update({ age: 1 }, { count: "exact" }).gt("id", 1), 204);
    assert.deepEqual([quiet.data, quiet.count], [null, 2]);
    const loud = await good(people().update({ age: 2 }, { count: "exact" }).eq("id", 1).select("id"), 200);
    assert.deepEqual([loud.data, loud.count], [[{ id: 1 }], 1]);
    assert.equal((await good(people().update({ age: 1 }, { count: "exact" }).eq("id", 99), 204)).count, 0);
    assert.equal((await good(people().update({ age: 1 }, { count: "exact" }).gt("id", 1), 204)).count, 2);
});

test("update: filters of every kind", async () => {
    await fresh();
    const changed = async (query) => (await good(query.order("id").select("id"), 200)).data.map((row) => row.id);
    assert.deepEqual(await changed(people().update({ age: 1 }).in("id", [1, 3])), [1, 3]);
    assert.deepEqual(await changed(people().update({ age: 2 }).or("id.eq.1,name.like.B*")), [1, 2]);
    assert.deepEqual(await changed(people().update({ age: 3 }).is("city", null)), [1]);
    assert.deepEqual(await changed(people().update({ age: 4 }).not("city", "is", null).neq("id", 2)), [3]);
    assert.deepEqual(await changed(people().update({ age: 5 }).match({ city: "Bonn", age: 2 })), [2]);
    assert.deepEqual(await changed(people().update({ age: 6 }).ilike("name", "%N%")), [1]);
    assert.deepEqual((await all()).map((row) => row.age), [6, 5, 4]);
});

test("update: csv is shown", async () => {
    await fresh();
    assert.equal((await good(people().update({ age: 1 }).gt("id", 1).order("id").select("id,age,city").csv(), 200)).data, "id,age,city\n2,1,Bonn\n3,1,Bonn\n");
});

test("update: limit", async () => {
    await fresh();
    const { data } = await good(people().update({ age: 1 }).gt("id", 0).order("id", { ascending: false }).limit(2).select("id"), 200);
    assert.deepEqual(data.map((row) => row.id).sort(), [2, 3]);
    assert.deepEqual((await all()).map((row) => row.age), [30, 1, 1]);
});

test("update: the key itself", async () => {
    await fresh();
    assert.deepEqual((await good(people().update({ id: 77 }).eq("id", 3).select(), 200)).data, [{ ...CYD, id: 77 }]);
});

test("update: nothing", async () => {
    await unchanged(async () => {
        await nothing(people().update({}).eq("id", 1), 204);
    });
});

test("update: without a filter is refused", async () => {
    await unchanged(async () => {
        await refused(people().update({ age: 1 }), { status: 400, code: "21000" });
        await refused(people().update({ age: 1 }).select(), { status: 400, code: "21000" });
    });
});

test("update: what does not fit is refused", async () => {
    await unchanged(async () => {
        await refused(people().update({ name: "x".repeat(21) }).eq("id", 1), { status: 422, code: "22001", says: ["name"] });
        await refused(people().update({ email: "bob@x" }).eq("id", 1), { status: 409, code: "23505", says: ["email"] });
        await refused(people().update({ name: null }).gt("id", 0), { status: 422, code: "23502", says: ["name"] });
        await refused(people().update({ age: -1 }).gt("id", 0), { status: 422, code: "23514", says: ["age_check"] });
        await refused(people().update({ nothing: 1 }).eq("id", 1), { status: 400, code: "PGRST204", says: ["nothing"] });
        await refused(people().update({ age: 1 }).eq("nothing", 1), { status: 400, code: "42703", says: ["people.nothing"] });
        await refused(people().update({ age: 1 }).eq("id", "one"), { status: 400, code: "22P02", says: ["id"] });
    });
});

// --- delete

test("delete", async () => {
    await fresh();
    const answer = await good(people().delete().eq("id", 1), 204);
    assert.deepEqual([answer.data, answer.count], [null, null]);
    assert.deepEqual(await all(), [BOB, CYD]);
});

test("delete: shown", async () => {
    await fresh();
    assert.deepEqual((await good(people().delete().eq("id", 1).select(), 200)).data, [ANN]);
    assert.deepEqual((await good(people().delete().eq("id", 1).select(), 200)).data, []);
    const { data } = await good(people().delete().eq("city", "Bonn").order("id").select("id, name"), 200);
    assert.deepEqual(data, [{ id: 2, name: "Bob" }, { id: 3, name: "Cyd" }]);
    assert.deepEqual(await all(), []);
});

test("delete: single", async () => {
    await fresh();
    assert.deepEqual((await good(people().delete().eq("id", 1).select().single(), 200)).data, ANN);
    await refused(people().delete().gt("id", 1).select().single(), { status: 406, code: "PGRST116", says: ["2 rows"] });
    await refused(people().delete().eq("id", 99).select().single(), { status: 406, code: "PGRST116", says: ["0 rows"] });
    assert.deepEqual(await all(), [BOB, CYD]);
    assert.equal((await good(people().delete().eq("id", 99).select().maybeSingle(), 200)).data, null);
});

test("delete: count", async () => {
    await fresh();
    assert.equal((await good(people().delete({ count: "exact" }).gt("id", 1), 204)).count, 2);
    const loud = await good(people().delete({ count: "exact" }).eq("id", 1).select("name"), 200);
    assert.deepEqual([loud.data, loud.count], [[{ name: "Ann" }], 1]);
    assert.equal((await good(people().delete({ count: "exact" }).eq("id", 1), 204)).count, 0);
});

test("delete: limit", async () => {
    await fresh();
    await nothing(people().delete().gt("id", 0).order("age", { ascending: false }).limit(1), 204);
    assert.deepEqual(await all(), [ANN, BOB]);
});

test("delete: without a filter is refused", async () => {
    await unchanged(async () => {
        await refused(people().delete(), { status: 400, code: "21000" });
    });
});

test("delete: what others refer to is refused", async () => {
    await fresh();
    await nothing(client.from("orders").insert({ id: 1, person: 1, sum: 5.5 }), 201);
    await refused(people().delete().eq("id", 1), { status: 409, code: "23503" });
    await refused(people().delete().gt("id", 0).select(), { status: 409, code: "23503" });
    assert.deepEqual(await all(), [ANN, BOB, CYD]);
    await nothing(client.from("orders").delete().eq("person", 1), 204);
    await nothing(people().delete().eq("id", 1), 204);
});

// --- guards, errors, headers

test("rollback", async () => {
    await unchanged(async () => {
        assert.deepEqual((await good(people().insert({ id: 7, ...DAN }).select().rollback(), 201)).data, [{ id: 7, ...DAN, age: 18, city: null }]);
        assert.deepEqual((await good(people().update({ age: 1 }).eq("id", 1).select().rollback(), 200)).data, [{ ...ANN, age: 1 }]);
        assert.deepEqual((await good(people().delete().gt("id", 1).order("id").select("id").rollback(), 200)).data, [{ id: 2 }, { id: 3 }]);
        assert.deepEqual((await merged(people().upsert({ ...ANN, age: 1 }).select().rollback())).data, [{ ...ANN, age: 1 }]);
        await refused(people().insert(ANN).rollback(), { status: 409, code: "23505" });
    });
});

test("maxAffected", async () => {
    await unchanged(async () => {
        await refused(people().update({ age: 1 }).gt("id", 0).maxAffected(2), { status: 400, code: "PGRST124" });
        await refused(people().delete().gt("id", 0).select().maxAffected(2), { status: 400, code: "PGRST124" });
    });
    await nothing(people().update({ age: 1 }).gt("id", 0).maxAffected(3), 204);
    assert.deepEqual((await all()).map((row) => row.age), [1, 1, 1]);
    assert.deepEqual((await good(people().delete().eq("id", 1).select("id").maxAffected(1), 200)).data, [{ id: 1 }]);
});

test("throwOnError", async () => {
    await fresh();
    await assert.rejects(async () => people().insert(ANN).throwOnError(), (error) => {
        assert.ok(error instanceof PostgrestError);
        assert.equal(error.code, "23505");
        assert.ok(error.message.length > 0);
        return true;
    });
    await assert.rejects(async () => people().update({ age: -1 }).eq("id", 1).throwOnError(), { code: "23514" });
    await assert.rejects(async () => people().delete().throwOnError(), { code: "21000" });
    await assert.rejects(async () => people().update({ age: 1 }).gt("id", 0).select().single().throwOnError(), { code: "PGRST116" });
    assert.equal((await people().insert({ id: 8, ...DAN }).throwOnError()).status, 201);
    assert.equal((await all()).length, 4);
});

test("setHeader: Prefer", async () => {
    await fresh();
    await refused(people().insert(DAN).setHeader("Prefer", "handling=strict, unheard=of"),
                  { status: 400, code: "PGRST122", says: ["unheard=of"] });
    await nothing(people().insert(DAN).setHeader("Prefer", "return=headers-only"), 201);
});

test("setHeader: If-Match", async () => {
    await fresh();
    await refused(people().update({ age: 1 }).eq("id", 1).setHeader("If-Match", '"x"'), { status: 400 });
});

test("headers of the client", async () => {
    await fresh();
    const strict = new PostgrestClient(process.env.MYREST_URL, { headers: { Prefer: "handling=strict", "X-Client-Info": "tests" } });
    const { data } = await good(strict.from("people").insert(DAN, { count: "exact" }).select("name"), 201);
    assert.deepEqual(data, [{ name: "Dan" }]);
});

test("headers of the answer", async () => {
    const seen = [];
    const listening = new PostgrestClient(process.env.MYREST_URL, {
        fetch: async (...given) => {
            const response = await fetch(...given);
            seen.push(Object.fromEntries(response.headers));
            return response;
        },
    });
    await fresh();
    const { data } = await good(listening.from("people").insert(DAN).select("id").single(), 201);
    assert.equal(new URL(seen[0].location, process.env.MYREST_URL).pathname, "/people");
    assert.equal(seen[0].location, `/people?id=eq.${data.id}`);
    assert.equal(seen[0]["preference-applied"], "return=representation");
    assert.equal(seen[0]["content-range"], "*/*");
    await good(listening.from("people").update({ age: 3 }, { count: "exact" }).gt("id", 1).lt("id", 4), 204);
    assert.equal(seen[1]["content-range"], "0-1/2");
    assert.equal(seen[1]["preference-applied"], "count=exact");
    await good(listening.from("people").delete().eq("id", 1), 204);
    assert.equal(seen[2]["content-range"], "*/*");
});

test("schema", async () => {
    await fresh();
    await nothing(client.schema("public").from("people").insert(DAN), 201);
    assert.equal((await all()).length, 4);
});

test("abortSignal", async () => {
    await unchanged(async () => {
        const { data, error } = await people().insert(DAN).abortSignal(AbortSignal.abort());
        assert.equal(data, null);
        assert.match(error.message, /AbortError/);
    });
});

test("several at once", async () => {
    await fresh();
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => people().insert({ email: `${at}@y`, name: `P${at}` }).select("id, name").single()));
    assert.deepEqual(answers.map((answer) => [answer.status, answer.data?.name]), Array.from({ length: 40 }, (_, at) => [201, `P${at}`]));
    assert.equal(new Set(answers.map((answer) => answer.data.id)).size, 40);
    assert.equal((await all()).length, 43);
});

test("a write and a read after it", async () => {
    await fresh();
    for (let age = 0; age < 30; age++) {
        await nothing(people().update({ age }).eq("id", 2), 204);
        assert.equal((await good(people().select("age").eq("id", 2).single(), 200)).data.age, age);
    }
});
