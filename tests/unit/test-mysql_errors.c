/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_errors.h"

#include "unit.h"

/* One or more of each kind, as either server has them. */
static void numbers_mean_what_the_servers_say(void **state)
{
	static const struct {
		unsigned number;
		enum status status;
	} cases[] = {
		/* a client's value, or what the owner's schema makes of it */
		{ 1062, STATUS_DUPLICATE },     { 1586, STATUS_DUPLICATE },     { 1022, STATUS_DUPLICATE },
		{ 1452, STATUS_FOREIGN_KEY },   { 1761, STATUS_FOREIGN_KEY },   { 3008, STATUS_FOREIGN_KEY },
		{ 1048, STATUS_NULL },          { 1364, STATUS_NULL },          { 4025, STATUS_CHECK },
		{ 3819, STATUS_CHECK },         { 3934, STATUS_CHECK },         { 1526, STATUS_NO_PARTITION },
		{ 1406, STATUS_TOO_LONG },      { 3907, STATUS_TOO_LONG },      { 1301, STATUS_TOO_LONG },
		{ 1264, STATUS_NO_FIT },        { 1690, STATUS_NO_FIT },        { 3904, STATUS_NO_FIT },
		{ 1265, STATUS_NO_MEMBER },     { 1366, STATUS_BAD_VALUE },     { 1411, STATUS_BAD_VALUE },
		{ 3903, STATUS_BAD_VALUE },     { 3988, STATUS_NO_CHARACTER },  { 1977, STATUS_NO_CHARACTER },
		{ 4051, STATUS_NOT_COMPUTED },  { 3154, STATUS_NOT_COMPUTED },  { 1210, STATUS_NOT_COMPUTED },
		{ 6527, STATUS_NO_FIT },        { 6489, STATUS_BAD_VALUE },     { 6494, STATUS_CONDITION },
		{ 1365, STATUS_NOT_COMPUTED },  { 3020, STATUS_NOT_COMPUTED },  { 4027, STATUS_NOT_COMPUTED },
		{ 1118, STATUS_ROW_TOO_LARGE }, { 139, STATUS_ROW_TOO_LARGE },  { 1197, STATUS_CHANGE_TOO_LARGE },
		{ 3157, STATUS_TOO_DEEP },      { 4040, STATUS_TOO_DEEP },      { 1038, STATUS_SORT },
		{ 1139, STATUS_BAD_REGULAR },   { 3684, STATUS_BAD_REGULAR },   { 3700, STATUS_BAD_REGULAR },
		{ 1644, STATUS_RAISED },        { 1235, STATUS_NOT_UPDATABLE }, { 1036, STATUS_NOT_UPDATABLE },
		{ 3105, STATUS_NOT_WRITABLE },  { 1906, STATUS_NOT_WRITABLE },
		/* the owner's schema */
		{ 167, STATUS_NO_MORE_IDS },    { 1467, STATUS_NO_MORE_IDS },   { 4084, STATUS_NO_MORE_IDS },
		{ 1298, STATUS_DEFINITION },    { 1136, STATUS_DEFINITION },    { 6577, STATUS_DEFINITION },
		{ 6482, STATUS_NOT_UPDATABLE }, { 1105, STATUS_INTERNAL },      { 1815, STATUS_INTERNAL },
		{ 1442, STATUS_DEFINITION },    { 1305, STATUS_DEFINITION },    { 1449, STATUS_DEFINITION },
		{ 1356, STATUS_DEFINITION },    { 1242, STATUS_DEFINITION },    { 1339, STATUS_DEFINITION },
		{ 1045, STATUS_DEFINITION },    { 1168, STATUS_DEFINITION },
		{ 1436, STATUS_TOO_COMPLEX },   { 1456, STATUS_TOO_COMPLEX },   { 1267, STATUS_DEFINITION },
		/* rights */
		{ 1142, STATUS_FORBIDDEN },     { 1143, STATUS_FORBIDDEN },     { 1370, STATUS_FORBIDDEN },
		{ 1227, STATUS_FORBIDDEN },
		/* the server's state */
		{ 1290, STATUS_READ_ONLY },     { 1836, STATUS_READ_ONLY },     { 1874, STATUS_READ_ONLY },
		{ 1881, STATUS_READ_ONLY },     { 3989, STATUS_READ_ONLY },     { 1114, STATUS_FULL },
		{ 1021, STATUS_FULL },          { 3675, STATUS_FULL },          { 20, STATUS_FULL },
		{ 1226, STATUS_QUOTA },         { 1203, STATUS_BUSY },          { 1040, STATUS_BUSY },
		{ 1206, STATUS_BUSY },          { 1205, STATUS_LOCKED },        { 1213, STATUS_LOCKED },
		{ 3572, STATUS_LOCKED },        { 3101, STATUS_LOCKED },        { 1317, STATUS_TIMEOUT },
		{ 1969, STATUS_TIMEOUT },       { 3024, STATUS_TIMEOUT },       { 1037, STATUS_NO_MEMORY },
		{ 5, STATUS_NO_MEMORY },        { 1194, STATUS_DAMAGED },       { 1034, STATUS_DAMAGED },
		{ 1877, STATUS_DAMAGED },       { 1016, STATUS_STORAGE },       { 1030, STATUS_STORAGE },
		{ 1812, STATUS_STORAGE },       { 1932, STATUS_STORAGE },       { 1180, STATUS_UNKNOWN },
		/* what only a fault of our own can cause, and none */
		{ 1064, STATUS_FAULT },         { 1146 + 60000, STATUS_FAULT }, { 0, STATUS_FAULT },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		if (mysql_error_status(cases[i].number) != cases[i].status)
			fail_msg("%u: %s", cases[i].number, status_message(mysql_error_status(cases[i].number)));
}

/* From 187 on the engines' errors are others on each server. */
static void the_engines_of_mysql_have_numbers_of_their_own(void **state)
{
	static const struct {
		unsigned number;
		enum status status, of_mysql;
	} cases[] = {
		{ 149, STATUS_LOCKED, STATUS_LOCKED },          { 186, STATUS_DAMAGED, STATUS_DAMAGED },
		{ 187, STATUS_FAULT, STATUS_READ_ONLY },        { 188, STATUS_TIMEOUT, STATUS_SEARCH_TOO_LARGE },
		{ 190, STATUS_DAMAGED, STATUS_READ_ONLY },      { 192, STATUS_STORAGE, STATUS_FOREIGN_KEY },
		{ 193, STATUS_FOREIGN_KEY, STATUS_FAULT },      { 194, STATUS_STORAGE, STATUS_NO_MEMORY },
		{ 195, STATUS_NO_MORE_IDS, STATUS_DAMAGED },    { 196, STATUS_FAULT, STATUS_TIMEOUT },
		{ 197, STATUS_UNKNOWN, STATUS_STORAGE },        { 200, STATUS_LOCKED, STATUS_FAULT },
		{ 203, STATUS_FAULT, STATUS_LOCKED },           { 204, STATUS_FAULT, STATUS_FULL },
		{ 191, STATUS_SEARCH_TOO_LARGE, STATUS_SEARCH_TOO_LARGE },
		{ 209, STATUS_SEARCH_TOO_LARGE, STATUS_SEARCH_TOO_LARGE },
		{ 210, STATUS_FAULT, STATUS_FAULT },            { 1062, STATUS_DUPLICATE, STATUS_DUPLICATE },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++)
		if (mysql_error_status(cases[i].number) != cases[i].status ||
		    mysql_error_status_of_engine(cases[i].number) != cases[i].of_mysql)
			fail_msg("%u", cases[i].number);
}

/* None that is known is told as what is not known, and each as an error. */
static void all_that_are_known_have_words(void **state)
{
	unsigned known = 0;

	(void)state;
	for (unsigned number = 0; number < 65536; number++) {
		enum status status = mysql_error_status(number);

		if (status == STATUS_FAULT)
			continue;
		known++;
		if (status_http(status) < 400 || status_message(status)[0] == '\0' || status == STATUS_AWAY)
			fail_msg("%u", number);
	}
	assert_true(known > 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_mean_what_the_servers_say),
		cmocka_unit_test(the_engines_of_mysql_have_numbers_of_their_own),
		cmocka_unit_test(all_that_are_known_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
