/* SPDX-License-Identifier: MIT */
#include "database/engine.h"

#include "base/must.h"

static const struct engine *const *all_engines;

void engine_register(const struct engine *const *engines)
{
	static const struct url_rules *rules[ENGINES_MAX + 1];

	for (unsigned i = 0; i < ENGINES_MAX && engines[i] != NULL; i++)
		rules[i] = engines[i]->url;
	all_engines = engines;
	url_register(rules);
}

const struct engine *engine_of(const struct database_url *url)
{
	unsigned i = 0;

	while (all_engines[i] != NULL && all_engines[i]->url != url->rules)
		i++;
	must(all_engines[i] != NULL); /* the rules by which the URL was read are an engine's */
	return all_engines[i];
}
