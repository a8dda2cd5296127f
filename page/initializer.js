// SPDX-License-Identifier: MIT
// The web server sends openapi.json to where the document is (nginx/myrest-docs.conf).
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  // Nothing is asked of anybody else.
  validatorUrl: null,
});
