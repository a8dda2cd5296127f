/* SPDX-License-Identifier: MIT
 *
 * What EXPLAIN says of many statements, on MariaDB 10.11 and MySQL 9.7.
 */
#include "mysql/mysql_dialect.h"

#include "unit.h"

enum { MOST = 12 };

struct explained {
	const char *values[MOST]; /* as many as there are */
};

/* id, select_type, table, partitions (MySQL), type, possible_keys, key, key_len, ref, rows, filtered, Extra */
#define MARIADB(id, kind, table, rows, filtered, extra) \
	{ { id, kind, table, "ALL", NULL, NULL, NULL, NULL, rows, filtered, extra, "end" } }
#define MYSQL(id, kind, table, rows, filtered, extra) \
	{ { id, kind, table, NULL, "ALL", NULL, NULL, NULL, NULL, rows, filtered, extra } }

static bool guess(const struct explained *lines, size_t count, unsigned columns, double *rows)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		unsigned long lengths[MOST] = { 0 };
		struct row row = { columns, lines[i].values, lengths };

		any = mysql_dialect.planned(&row, !any, rows) || any;
		*rows = (double)(uint64_t)*rows; /* as it is kept */
	}
	return any;
}

#define GUESS(lines, columns, rows) guess((lines), LENGTH_OF(lines), (columns), (rows))

static void tables_of_one_select_multiply(void **state)
{
	static const struct explained one[] = { MARIADB("1", "SIMPLE", "many", "20000", "10.00", NULL) };
	static const struct explained joined[] = { MARIADB("1", "SIMPLE", "a", "100", "50.00", "Using where"),
		                                   MARIADB("1", "SIMPLE", "b", "3", "100.00", NULL) };
	static const struct explained mysql[] = { MYSQL("1", "SIMPLE", "a", "100", "50.00", "Using where"),
		                                  MYSQL("1", "SIMPLE", "b", "3", "100.00", NULL) };
	static const struct explained none[] = { MARIADB("1", "SIMPLE", NULL, NULL, NULL, "Impossible WHERE") };
	double rows = 77;

	(void)state;
	assert_true(GUESS(one, 11, &rows));
	assert_int_equal(rows, 2000);
	assert_true(GUESS(joined, 11, &rows));
	assert_int_equal(rows, 150);
	assert_true(GUESS(mysql, 12, &rows));
	assert_int_equal(rows, 150);
	assert_true(GUESS(none, 11, &rows));
	assert_int_equal(rows, 0);
}

static void subqueries_do_not(void **state)
{
	static const struct explained dependent[] = {
		MARIADB("1", "PRIMARY", "many", "20000", "100.00", "Using where"),
		MARIADB("2", "DEPENDENT SUBQUERY", "users", "10", "100.00", "Using where"),
	};
	static const struct explained materialized[] = {
		MARIADB("1", "PRIMARY", "many", "20000", "100.00", NULL),
		MARIADB("1", "PRIMARY", "<subquery2>", "1", "100.00", NULL),
		MARIADB("2", "MATERIALIZED", "users", "500", "100.00", NULL),
	};
	/* The rows of the result come first, and the table's are found by them. */
	static const struct explained driving[] = {
		MYSQL("1", "SIMPLE", "<subquery2>", NULL, "100.00", NULL),
		MYSQL("1", "SIMPLE", "many", "20000", "100.00", NULL),
		MYSQL("2", "MATERIALIZED", "users", "500", "100.00", NULL),
	};
	static const struct explained first_match[] = {
		MARIADB("1", "PRIMARY", "many", "20000", "100.00", NULL),
		MARIADB("1", "PRIMARY", "users", "9", "100.00", "Using where; FirstMatch(many)"),
	};
	double rows = 0;

	(void)state;
	assert_true(GUESS(dependent, 11, &rows));
	assert_int_equal(rows, 20000);
	assert_true(GUESS(materialized, 11, &rows));
	assert_int_equal(rows, 20000);
	assert_true(GUESS(driving, 12, &rows));
	assert_int_equal(rows, 20000);
	assert_true(GUESS(first_match, 11, &rows));
	assert_int_equal(rows, 20000);
}

/* Of a view that the server computes by itself the first SELECT reads the result. */
static void a_view_s_own_rows_are_not_added(void **state)
{
	static const struct explained grouped[] = {
		MARIADB("1", "PRIMARY", "<derived2>", "300", "100.00", NULL),
		MARIADB("2", "DERIVED", "many", "20000", "100.00", "Using temporary"),
		MARIADB("3", "UNION", "many", "20000", "100.00", NULL),
		MARIADB(NULL, "UNION RESULT", "<union2,3>", NULL, NULL, NULL),
	};
	double rows = 0;

	(void)state;
	assert_true(GUESS(grouped, 11, &rows));
	assert_int_equal(rows, 300);
}

static void what_is_no_plan_says_nothing(void **state)
{
	static const struct explained tree[] = { { { "-> Table scan on many  (cost=2019 rows=20000)" } } };
	static const struct explained others[] = { MARIADB("2", "SUBQUERY", "many", "5", "100.00", NULL) };
	double rows = 77;

	(void)state;
	assert_false(GUESS(tree, 1, &rows));
	assert_false(GUESS(others, 11, &rows));
	assert_int_equal(rows, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_of_one_select_multiply),
		cmocka_unit_test(subqueries_do_not),
		cmocka_unit_test(a_view_s_own_rows_are_not_added),
		cmocka_unit_test(what_is_no_plan_says_nothing),
	};

	return cmocka_run_group_tests_name("mysql_dialect", tests, NULL, NULL);
}
