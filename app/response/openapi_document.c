/* SPDX-License-Identifier: MIT */
#include "response/openapi_document.h"

#include <string.h>

#include "response/answer.h"
#include "response/openapi.h"
#include "web/negotiate.h"

static struct shared_text *body; /* NULL: not made yet */
static struct etag body_etag;

static void make(const struct schema *schema, const struct config *config)
{
	body = shared_text_new();
	openapi_add_body(&body->text, schema, config);
	body_etag = etag_of_bytes((struct slice){ body->text.bytes, body->text.length });
}

/* Of the opening and the body; that of another media type is another one. */
static void print_tag(char tag[ETAG_BYTES], struct slice opening, const char *content_type)
{
	struct etag of_opening = etag_of_bytes(opening);
	struct etag of_type = etag_of_bytes((struct slice){ content_type, strlen(content_type) });

	etag_print(tag, (struct etag){ body_etag.high ^ of_opening.high ^ of_type.high,
	                               body_etag.low ^ of_opening.low ^ of_type.low }, MEDIA_JSON);
}

void openapi_document_answer(struct peer *peer, const struct schema *schema, const struct config *config)
{
	static struct text opening, origin;
	struct fault fault = { .status = STATUS_NOT_ACCEPTABLE,
		               .details = "available media types: application/json, application/openapi+json, "
		                          "application/vnd.oai.openapi+json" };
	const char *content_type;
	char tag[ETAG_BYTES];

	if (negotiate_document(peer->request.accept, &content_type) != STATUS_OK) {
		answer_fault(peer, &fault, NULL);
		return;
	}
	if (body == NULL)
		make(schema, config);
	text_clear(&origin);
	http_add_origin(&origin, &peer->request);
	text_clear(&opening);
	openapi_add_opening(&opening, (struct slice){ origin.bytes, origin.length }, config->prefix);
	print_tag(tag, (struct slice){ opening.bytes, opening.length }, content_type);
	answer_text(peer, content_type, tag, (struct slice){ opening.bytes, opening.length }, body);
}

void openapi_document_forget(void)
{
	shared_text_drop(body);
	body = NULL;
}
