// SPDX-License-Identifier: MIT
// validate.mjs FILE: what two programs have against the OpenAPI document in it, as a JSON array of texts. Nothing is asked
// of the network: the linter is the library that redocly's command is made of.
import { readFile } from "node:fs/promises";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";

const source = await readFile(process.argv[2], "utf8");
const config = await createConfig({
  extends: ["recommended-strict"],
  rules: {
    // What an operator's tables may be used for is not ours to say.
    "info-license": "off",
    // A table without a comment.
    "tag-description": "off",
    // The tests ask for localhost.
    "no-server-example.com": "off",
    // A table without a comment.
    "tag-description": "off",
  },
});
const problems = await lintFromString({ source, absoluteRef: process.argv[2], config });
const found = problems.map((problem) => {
  const place = problem.location.map((location) => location.pointer).join(" ");
  return `${problem.ruleId} ${place}: ${problem.message}`;
});

const validator = new Validator();
const result = await validator.validate(JSON.parse(source));
if (!result.valid) found.push(`the published JSON Schema: ${JSON.stringify(result.errors)}`);
if (validator.version !== "3.1") found.push(`it is taken for version ${validator.version}`);
console.log(JSON.stringify(found));
