// SPDX-License-Identifier: MIT
// Every method of @supabase/postgrest-js that reads, as it is published, against the real servers (test_postgrest_js.py
// starts them and makes the tables; it finds the tests by their names, which stand in double quotes behind `test(`).
//
// MYREST_URL   where nginx answers
"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const postgrest = require("@supabase/postgrest-js");
const here = require("./here.js");
const withoutMeaning = require("./without_meaning.json");

const { PostgrestBuilder, PostgrestClient, PostgrestError, PostgrestFilterBuilder, PostgrestQueryBuilder,
        PostgrestTransformBuilder } = postgrest;
const client = new PostgrestClient(process.env.MYREST_URL);
const called = new Set();

// The same builder, whose calls are noted.
function noted(builder) {
    return new Proxy(builder, {
        get(target, name) {
            const member = Reflect.get(target, name);
            if (typeof member !== "function") {
                return member;
            }
            return (...given) => {
                called.add(name);
                const result = member.apply(target, given);
                return result instanceof PostgrestBuilder ? noted(result) : result;
            };
        },
    });
}

const from = (table) => noted(client.from(table));
const books = (columns = "id", options) => from("books").select(columns, options);
const inOrder = () => books().order("id");

async function rows(query, status = 200) {
    const answer = await query;
    assert.equal(answer.error, null);
    assert.equal(answer.status, status);
    return answer.data;
}

async function ids(query, expected) {
    assert.deepEqual((await rows(query)).map((row) => row.id), expected);
}

async function refused(query, expected) {
    const { data, error, status } = await query;
    assert.equal(data, null);
    assert.deepEqual(Object.keys(error).sort(), ["code", "details", "hint", "message"]);
    assert.equal(status, expected.status);
    assert.equal(error.code, expected.code);
    assert.ok(error.message.includes(expected.message), error.message);
    assert.ok(!expected.details || error.details.includes(expected.details), error.details);
}

// --- Filters

test("eq", async () => {
    await ids(inOrder().eq("author", "Ada"), [1, 4]);
    await ids(inOrder().eq("id", 3), [3]);
    await ids(inOrder().eq("id", 3n), [3]);
    await ids(inOrder().eq("price", 123456.78), [5]);
    await ids(inOrder().eq("in_print", true), [1, 4]);
    await ids(inOrder().eq("state", "used"), [2, 5]);
    await ids(inOrder().eq("published", "2020-02-29"), [4]);
    await ids(inOrder().eq("at", "2024-01-02T03:04:05.678"), [1]);
    await ids(inOrder().eq("code", "a,b"), [1]);
    await ids(inOrder().eq("code", "it's 100%"), [5]);
    await ids(inOrder().eq("code", 'x"y.z\\'), [3]);
    await ids(inOrder().eq("author", "Öz"), [5]);
    await ids(inOrder().eq("author", ""), []);
});

test("eq: what JSON has at a path", async () => {
    await ids(inOrder().eq("doc->>lang", "de"), [2, 5]);
    await ids(inOrder().eq("doc->size->w", 5), [4]);
    await ids(inOrder().eq("doc->loans->>0", "3"), [1]);
});

test("neq", async () => {
    await ids(inOrder().neq("author", "Ada"), [2, 5]);
    await ids(inOrder().neq("id", 1), [2, 3, 4, 5]);
});

test("gt", async () => {
    await ids(inOrder().gt("price", 9.99), [1, 5]);
    await ids(inOrder().gt("title", "beta"), here("clients.behind_beta", [3, 5]));
});

test("gte", async () => {
    await ids(inOrder().gte("price", "9.99"), [1, 2, 5]);
    await ids(inOrder().gte("published", "2000-01-01"), [2, 4, 5]);
});

test("lt", async () => {
    await ids(inOrder().lt("pages", 100), [4]);
    await ids(inOrder().lt("at", "2024-01-01T00:00:00"), [4]);
    await ids(inOrder().lt("doc->size->w", 5), [1]);
});

test("lte", async () => {
    await ids(inOrder().lte("pages", 100), [1, 4]);
    await ids(inOrder().gte("id", 2).lte("id", 4), [2, 3, 4]);
});

test("like", async () => {
    await ids(inOrder().like("title", "%lpha%"), [1, 4]);
    await ids(inOrder().like("title", "Alph_"), [1]);
    await ids(inOrder().like("title", "ALPHA"), []);
    await ids(inOrder().like("code", "%100\\%"), [5]);
});

test("likeAllOf", async () => {
    await ids(inOrder().likeAllOf("title", ["%l%", "%bet%"]), [4]);
});

test("likeAnyOf", async () => {
    await ids(inOrder().likeAnyOf("title", ["A%", "G%"]), [1, 3]);
});

test("ilike", async () => {
    await ids(inOrder().ilike("title", "ALPHA%"), [1, 4]);
});

test("ilikeAllOf", async () => {
    await ids(inOrder().ilikeAllOf("title", ["ALPHA%", "%BET"]), [4]);
});

test("ilikeAnyOf", async () => {
    await ids(inOrder().ilikeAnyOf("title", ["BETA", "gam%"]), [2, 3]);
});

test("regexMatch", async () => {
    await ids(inOrder().regexMatch("title", "^[A-Z][a-z]+$"), [1]);
    await refused(inOrder().regexMatch("title", "("),
                  { status: 400, code: "2201B", message: "the regular expression cannot be parsed" });
});

test("regexIMatch", async () => {
    await ids(inOrder().regexIMatch("title", "^ALPHA(bet)?$"), [1, 4]);
});

test("is", async () => {
    await ids(inOrder().is("author", null), [3]);
    await ids(inOrder().is("in_print", true), [1, 4]);
    await ids(inOrder().is("in_print", false), [2, 5]);
    await refused(inOrder().is("author", undefined),
                  { status: 400, code: "PGRST100", message: "expected null, not_null, true, false or unknown" });
});

test("isDistinct", async () => {
    await ids(inOrder().isDistinct("author", "Ada"), [2, 3, 5]);
});

test("in", async () => {
    await ids(inOrder().in("id", [1, 4, 4, 99]), [1, 4]);
    await ids(inOrder().in("code", ["a,b", "(c)", "say hi", "it's 100%"]), [1, 2, 4, 5]);
    await ids(inOrder().in("state", ["new"]), [1, 4]);
    await ids(inOrder().in("id", []), []);
    await ids(inOrder().in("id", Array.from({ length: 500 }, (_, at) => at + 4)), [4, 5]);
    await refused(inOrder().in("id", [1, null]), { status: 400, code: "22P02", message: "column 'id'" });
});

test("notIn", async () => {
    await ids(inOrder().notIn("id", [1, 2]), [3, 4, 5]);
    await ids(inOrder().notIn("code", ["a,b", "(c)"]), [3, 4, 5]);
});

test("contains", async () => {
    await ids(inOrder().contains("doc", { lang: "de" }), [2, 5]);
    await ids(inOrder().contains("doc", { size: { w: 1 } }), [1]);
    await ids(inOrder().contains("tags", '["red"]'), [1, 5]);
    await ids(inOrder().contains("tags", JSON.stringify(["red", "green"])), [1]);
});

test("containedBy", async () => {
    await ids(inOrder().containedBy("doc", { lang: "de", loans: [] }), [2, 5]);
    await ids(inOrder().containedBy("tags", '["red","green"]'), [1, 2, 4]);
});

test("textSearch", async () => {
    await ids(from("words").select("id").order("id").textSearch("body", "quick & !dog"), [1, 5]);
    await ids(from("words").select("id").order("id").textSearch("body", "lazy | bear"), [2, 5]);
});

test("textSearch: plain", async () => {
    await ids(from("words").select("id").order("id").textSearch("body", "fox quick", { type: "plain" }), [1, 5]);
});

test("textSearch: phrase", async () => {
    await ids(from("words").select("id").textSearch("body", "quick fox", { type: "phrase" }), [5]);
});

test("textSearch: websearch", async () => {
    const search = (text) => from("words").select("id").order("id").textSearch("body", text, { type: "websearch" });
    await ids(search('"quick fox" or lazy'), [2, 5]);
    await ids(search("quick -fox"), [3]);
});

test("match", async () => {
    await ids(inOrder().match({ author: "Ada", in_print: true, pages: undefined }), [1, 4]);
    await ids(inOrder().match({ author: "Ada", pages: 50 }), [4]);
    await ids(inOrder().match({}), [1, 2, 3, 4, 5]);
});

test("not", async () => {
    await ids(inOrder().not("author", "is", null), [1, 2, 4, 5]);
    await ids(inOrder().not("id", "in", "(1,2)"), [3, 4, 5]);
    await ids(inOrder().not("title", "ilike", "a%"), [2, 3, 5]);
    await ids(inOrder().not("doc", "cs", '{"lang":"de"}'), [1, 4]);
    await ids(from("words").select("id").order("id").not("body", "fts", "quick"), [2]);
});

test("or", async () => {
    await ids(inOrder().or("id.eq.1,and(author.eq.Bob,price.lt.10)"), [1, 2]);
    await ids(inOrder().or('code.eq."a,b",code.in.("(c)",x),title.like.%ray'), [1, 2, 3]);
    await ids(inOrder().or("author.eq.Ada,author.is.null").or("pages.gt.60,pages.is.null"), [1, 3]);
    await ids(inOrder().or("author.not.eq.Ada,not.and(id.gt.1,id.lt.5)"), [1, 2, 5]);
});

test("filter", async () => {
    await ids(inOrder().filter("id", "in", "(1,3)"), [1, 3]);
    await ids(inOrder().filter("title", "not.like", "%a%"), [5]);
    await ids(inOrder().filter("pages", "gt(any)", "{100,9000}"), [2, 5]);
    await refused(inOrder().filter("id", "nothing", 1),
                  { status: 400, code: "PGRST100", message: "expected an operator, a '.' and a value", details: "in 'id'" });
});

test("filters are joined by AND", async () => {
    await ids(inOrder().eq("author", "Ada").gt("pages", 60).like("title", "A%").is("in_print", true), [1]);
});

test("a value that is not of its column's type is refused", async () => {
    const names = (column) => ({ status: 400, code: "22P02", message: `column '${column}'` });
    await refused(inOrder().eq("pages", "many"), names("pages"));
    await refused(inOrder().gt("published", "yesterday"), names("published"));
    await refused(inOrder().match({ in_print: "perhaps" }), names("in_print"));
});

test("columns and tables that are not there are refused", async () => {
    await refused(books("nothing"), { status: 400, code: "42703", message: "column books.nothing does not exist" });
    await refused(books().eq("nothing", 1), { status: 400, code: "42703", message: "books.nothing" });
    await refused(books().order("nothing"), { status: 400, code: "42703", message: "books.nothing" });
    await refused(from("nothing").select(), { status: 404, code: "PGRST205", message: "no table 'nothing'" });
    await refused(noted(client.rpc("nothing", {}, { get: true })),
                  { status: 404, code: "PGRST205", message: "no table 'rpc'" });
    const head = await books("nothing", { head: true });
    assert.equal(head.status, 400);
    assert.notEqual(head.error, null);
});

// --- What is read of them

test("select", async () => {
    assert.deepEqual(await rows(books("*").eq("id", 1)), [
        {
            id: 1, title: "Alpha", author: "Ada", price: 10.5, pages: 100, in_print: true, published: "1999-12-31",
            at: "2024-01-02T03:04:05.678", state: "new", doc: { lang: "en", size: { w: 1, h: 2 }, loans: [3, 4] },
            tags: ["red", "green"], raw: "YWJj", code: "a,b",
        },
    ]);
    assert.deepEqual(await rows(from("books").select().eq("id", 3)), [
        {
            id: 3, title: "Gamma ray", author: null, price: null, pages: null, in_print: null, published: null,
            at: null, state: null, doc: null, tags: null, raw: null, code: 'x"y.z\\',
        },
    ]);
});

test("select: other names, casts, paths, spaces", async () => {
    assert.deepEqual(await rows(books("id, name : title, doc->size->w, lang:doc->>lang").eq("id", 1)),
                     [{ id: 1, name: "Alpha", w: 1, lang: "en" }]);
    assert.deepEqual(await rows(books("id::text, price::text, pages::float").eq("id", 1)),
                     [{ id: "1", price: "10.50", pages: 100 }]);
    assert.deepEqual(await rows(from("odd, name").select('"a b", k : "κόσμος"').eq('"a b"', 1)),
                     [{ "a b": 1, k: "y" }]);
    assert.deepEqual(await rows(from("odd, name").select('"c\\"d,e.f"').order('"c\\"d,e.f"')), [{ 'c"d,e.f': "x" }]);
});

test("select: again, behind filters", async () => {
    assert.deepEqual(await rows(books().eq("id", 2).select("title, author")), [{ title: "beta", author: "Bob" }]);
});

test("select: count", async () => {
    for (const count of ["exact", "planned", "estimated"]) {
        const answer = await books("id", { count }).order("id");
        assert.equal(answer.error, null);
        assert.equal(answer.data.length, 5);
        assert.ok(count === "planned" ? answer.count > 0 : answer.count === 5, `${count}: ${answer.count}`);
    }
    assert.equal((await books()).count, null);
});

test("select: count of more than is sent", async () => {
    const part = await books("id", { count: "exact" }).eq("author", "Ada").order("id").limit(1);
    assert.deepEqual(part.data, [{ id: 1 }]);
    assert.equal(part.count, 2);
    assert.equal(part.status, 206);
    const many = await from("many").select("id", { count: "exact" }).order("id").range(2000, 2009);
    assert.equal(many.count, 3000);
    assert.deepEqual(many.data.map((row) => row.id), Array.from({ length: 10 }, (_, at) => at + 2001));
    const guess = await from("many").select("id", { count: "planned" }).limit(1);
    assert.ok(guess.count > 1000 && guess.count < 9000, `${guess.count}`);
    const estimate = await from("many").select("id", { count: "estimated" }).eq("bucket", 3).limit(1);
    assert.equal(estimate.count, 300);
});

test("select: head", async () => {
    const all = await books("*", { count: "exact", head: true });
    assert.deepEqual([all.data, all.count, all.status, all.error], [null, 5, 200, null]);
    const some = await books("*", { count: "exact", head: true }).eq("author", "Ada");
    assert.deepEqual([some.data, some.count, some.error], [null, 2, null]);
    const uncounted = await books("*", { head: true });
    assert.deepEqual([uncounted.data, uncounted.count, uncounted.error], [null, null, null]);
});

test("order", async () => {
    await ids(books().order("pages"), [4, 1, 2, 5, 3]);
    await ids(books().order("pages", { ascending: false }), [3, 5, 2, 1, 4]);
    await ids(books().order("pages", { nullsFirst: true }), [3, 4, 1, 2, 5]);
    await ids(books().order("pages", { ascending: false, nullsFirst: false }), [5, 2, 1, 4, 3]);
});

test("order: several, and by what JSON has", async () => {
    await ids(books().order("author").order("id", { ascending: false }), [4, 1, 2, 5, 3]);
    await ids(books().order("author", { nullsFirst: true }).order("price", { ascending: true }), [3, 4, 1, 2, 5]);
    await ids(books().order("doc->size->w", { ascending: false, nullsFirst: false }).order("id"), [4, 1, 2, 3, 5]);
    await ids(books().order("doc->>lang").order("published", { ascending: false }), [5, 2, 1, 4, 3]);
});

test("limit", async () => {
    await ids(inOrder().limit(2), [1, 2]);
    await ids(inOrder().limit(0), []);
    await ids(inOrder().limit(100), [1, 2, 3, 4, 5]);
    await refused(inOrder().limit(-1), { status: 400, code: "PGRST100", message: "", details: "in 'limit'" });
});

test("limit: never more than the most rows of an answer", async () => {
    const answer = await from("many").select("id", { count: "exact" }).order("id").limit(5000);
    assert.equal(answer.data.length, 1000);
    assert.equal(answer.count, 3000);
});

test("range", async () => {
    await ids(inOrder().range(1, 2), [2, 3]);
    await ids(inOrder().range(3, 100), [4, 5]);
    await ids(inOrder().range(100, 110), []);
    await refused(books("id", { count: "exact" }).range(100, 110),
                  { status: 416, code: "PGRST103", message: "range", details: "only 5 rows" });
    await refused(inOrder().range(3, 1), { status: 400, code: "PGRST100", message: "", details: "in 'limit'" });
});

test("range: pages make the whole", async () => {
    const seen = [];
    for (let at = 0; ; at += 700) {
        const page = await rows(from("many").select("id").order("id").range(at, at + 699));
        seen.push(...page.map((row) => row.id));
        if (page.length < 700) {
            break;
        }
    }
    assert.deepEqual(seen, Array.from({ length: 3000 }, (_, at) => at + 1));
});

test("single", async () => {
    assert.deepEqual(await rows(books("id, title").eq("id", 2).single()), { id: 2, title: "beta" });
    await refused(books().eq("id", 99).single(), { status: 406, code: "PGRST116", message: "", details: "0 rows" });
    await refused(books().single(), { status: 406, code: "PGRST116", message: "", details: "5 rows" });
    await refused(books().order("id").limit(2).single(),
                  { status: 406, code: "PGRST116", message: "", details: "2 rows" });
    assert.deepEqual(await rows(books().order("id").limit(1).single()), { id: 1 });
});

test("maybeSingle", async () => {
    assert.deepEqual(await rows(books("id, title").eq("id", 2).maybeSingle()), { id: 2, title: "beta" });
    assert.equal(await rows(books().eq("id", 99).maybeSingle()), null);
    await refused(books().maybeSingle(), { status: 406, code: "PGRST116", message: "", details: "5 rows" });
});

test("csv", async () => {
    const doc = here("clients.doc", '{""lang"":""de""}');
    assert.equal(await rows(books("id, title, author, in_print, doc").in("id", [2, 3]).order("id").csv()),
                 `id,title,author,in_print,doc\n2,beta,Bob,false,"${doc}"\n3,Gamma ray,,,\n`);
    assert.equal(await rows(books("id, code").eq("id", 99).csv()), "id,code\n");
    const counted = await books("code", { count: "exact" }).order("id").limit(1).csv();
    assert.equal(counted.data, 'code\n"a,b"\n');
    assert.equal(counted.count, 5);
    await refused(books("nothing").csv(), { status: 400, code: "42703", message: "column books.nothing" });
});

// --- How they are read

test("abortSignal", async () => {
    const early = await books().abortSignal(AbortSignal.abort());
    assert.equal(early.data, null);
    assert.match(early.error.message, /AbortError/);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 200);
    const began = Date.now();
    const late = await from("sleepy").select().abortSignal(controller.signal);
    assert.ok(Date.now() - began < 1900);
    assert.equal(late.data, null);
    assert.match(late.error.message, /AbortError/);
    assert.match(late.error.hint, /aborted/);
    await ids(inOrder().abortSignal(new AbortController().signal), [1, 2, 3, 4, 5]);
});

test("throwOnError", async () => {
    await assert.rejects(async () => books().eq("nothing", 1).throwOnError(), (error) => {
        assert.ok(error instanceof PostgrestError);
        assert.equal(error.code, "42703");
        assert.equal(error.message, "column books.nothing does not exist");
        return true;
    });
    await assert.rejects(async () => books().single().throwOnError(), { code: "PGRST116" });
    await ids(inOrder().throwOnError(), [1, 2, 3, 4, 5]);
});

test("returns, overrideTypes", async () => {
    await ids(inOrder().returns(), [1, 2, 3, 4, 5]);
    await ids(inOrder().overrideTypes(), [1, 2, 3, 4, 5]);
    assert.deepEqual(await rows(books().eq("id", 1).single().returns()), { id: 1 });
});

test("setHeader", async () => {
    await ids(inOrder().setHeader("Range", "1-2"), [2, 3]);
    await refused(inOrder().setHeader("Prefer", "handling=strict, unheard=of"),
                  { status: 400, code: "PGRST122", message: "preference", details: "unheard=of" });
});

test("retry", async () => {
    await ids(inOrder().retry(false), [1, 2, 3, 4, 5]);
});

test("schema", async () => {
    await ids(noted(client.schema("public").from("books")).select("id").order("id").limit(1), [1]);
});

// A read changes nothing: there is nothing to take back, and nothing that it affects. PostgREST heeds neither then.
test("rollback, maxAffected", async () => {
    await ids(inOrder().rollback(), [1, 2, 3, 4, 5]);
    await ids(inOrder().maxAffected(1), [1, 2, 3, 4, 5]);
});

test("stripNulls has no meaning in CSV", () => {
    assert.throws(() => books().csv().stripNulls(), /cannot be used with csv/);
});

test("several at once", async () => {
    const wanted = Array.from({ length: 40 }, (_, at) => (at % 5) + 1);
    const answers = await Promise.all(wanted.map((id) => books().eq("id", id).single()));
    assert.deepEqual(answers.map((answer) => answer.data.id), wanted);
});

// --- What MySQL does not have, or MyREST does not offer: each has an error that says so. What the database that is
// here knows all the same has the ids of its rows in `clients.known: NAME`.

const JSON_ONLY = here("clients.json_only", "applies to JSON only");
const NO_RANGES = here("clients.no_ranges", "is not supported: there are no ranges and no arrays");

for (const { name, table = "books", calls, ...expected } of withoutMeaning) {
    test(`without a meaning: ${name}`, async () => {
        const query = calls.reduce((builder, [method, ...given]) => builder[method](...given), from(table).select());
        const known = here(`clients.known: ${name}`, null);
        if (known) {
            await ids(query.order("id"), known);
            return;
        }
        assert.ok(expected.status >= 400 && expected.status < 500);
        const message = expected.message.replace("{json}", JSON_ONLY).replace("{ranges}", NO_RANGES);
        await refused(query, { ...expected, message });
    });
}

test("every method of the builders was called", () => {
    const inner = ["constructor", "processResponse"];
    for (const builder of [PostgrestFilterBuilder, PostgrestTransformBuilder, PostgrestBuilder]) {
        const methods = Object.getOwnPropertyNames(builder.prototype).filter((name) => !inner.includes(name));
        assert.ok(methods.length > 5);
        assert.deepEqual(methods.filter((name) => !called.has(name)), [], builder.name);
    }
    // All of the other one but select writes.
    assert.deepEqual(Object.getOwnPropertyNames(PostgrestQueryBuilder.prototype).sort(),
                     ["cloneRequestState", "constructor", "delete", "insert", "select", "update", "upsert"]);
});
