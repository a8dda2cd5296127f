// SPDX-License-Identifier: MIT
// here(name, value): the value of a test, or the one that is expected of, or given to, the database that is here in
// place of it, as by here() of tests/api/differences.py. test_postgrest_js.py puts them into the environment.
"use strict";
const instead = JSON.parse(process.env.MYREST_INSTEAD ?? "{}");

module.exports = (name, value) => (Object.hasOwn(instead, name) ? instead[name] : value);
