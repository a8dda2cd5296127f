/* SPDX-License-Identifier: MIT */
#include "web/etag.h"

#include "unit.h"
#include "web/negotiate.h"
#include "web/http.h"

static void print_row(char printed[ETAG_BYTES], const char *a, const char *b, enum media media)
{
	const char *values[] = { a, b };
	unsigned long lengths[] = { a != NULL ? strlen(a) : 7, b != NULL ? strlen(b) : 8 };

	etag_print(printed, etag_of_row(values, lengths, 2), media);
}

static void a_tag_is_a_quoted_string(void **state)
{
	char printed[ETAG_BYTES];

	(void)state;
	print_row(printed, "1", "admin", MEDIA_JSON);
	assert_int_equal(strlen(printed), ETAG_BYTES - 1);
	assert_true(printed[0] == '"' && printed[ETAG_BYTES - 2] == '"');
	assert_int_equal(strspn(printed + 1, "0123456789abcdef"), 32);
	assert_true(http_names_tag(slice_of(printed), printed));
}

/* What is not the same is not called the same. */
static void other_rows_have_other_tags(void **state)
{
	static const struct {
		const char *a, *b;
		enum media media;
	} rows[] = {
		{ "1", "admin", MEDIA_JSON }, { "1", "admin", MEDIA_CSV },    { "1", "admin", MEDIA_OBJECT },
		{ "1", "admi", MEDIA_JSON },  { "1a", "dmin", MEDIA_JSON },   { "1admin", "", MEDIA_JSON },
		{ "", "1admin", MEDIA_JSON }, { NULL, "1admin", MEDIA_JSON }, { "1admin", NULL, MEDIA_JSON },
		{ NULL, NULL, MEDIA_JSON },   { "", "", MEDIA_JSON },         { NULL, "", MEDIA_JSON },
	};
	char one[ETAG_BYTES], other[ETAG_BYTES];

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(rows); i++)
		for (size_t j = 0; j < LENGTH_OF(rows); j++) {
			print_row(one, rows[i].a, rows[i].b, rows[i].media);
			print_row(other, rows[j].a, rows[j].b, rows[j].media);
			assert_int_equal(strcmp(one, other) == 0, i == j);
		}
}

static void a_large_row_is_no_matter(void **state)
{
	static char large[1 << 20];
	const char *values[] = { large };
	unsigned long lengths[] = { sizeof(large) };
	struct etag before = etag_of_row(values, lengths, 1), after;

	(void)state;
	large[sizeof(large) - 1] = 1;
	after = etag_of_row(values, lengths, 1);
	assert_true(before.low != after.low);
	large[sizeof(large) - 1] = 0;
	after = etag_of_row(values, lengths, 1);
	assert_true(before.low == after.low && before.high == after.high);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tag_is_a_quoted_string),
		cmocka_unit_test(other_rows_have_other_tags),
		cmocka_unit_test(a_large_row_is_no_matter),
	};

	return cmocka_run_group_tests_name("etag", tests, NULL, NULL);
}
