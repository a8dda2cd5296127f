/* SPDX-License-Identifier: MIT
 *
 * The words are those of MariaDB 10.11 and MySQL 8.
 */
#include "mysql/mysql_fault.h"

#include "unit.h"

struct told {
	unsigned number;
	const char *text;
	enum status status;
	const char *subject;
	uint64_t row;
};

static void expect_told(const struct told *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct told *each = &cases[i];
		struct database_error error;
		bool lost;

		memset(&error, 0xa5, sizeof(error)); /* what an earlier error left */
		lost = mysql_fault_read(&error, each->number, "HY000", each->text);
		if (error.status != each->status || error.row != each->row || lost != (each->status == STATUS_AWAY) ||
		    error.subject.length != strlen(each->subject) ||
		    memcmp(error.subject.bytes, each->subject, error.subject.length) != 0)
			fail_msg("%u %s\n    got %s, <%.*s>, row %llu%s", each->number, each->text, status_code(error.status),
			         (int)error.subject.length, error.subject.bytes, (unsigned long long)error.row,
			         lost ? ", lost" : "");
		assert_int_equal(error.number, each->number);
		assert_says(error.text, each->text);
	}
}

#define EXPECT_TOLD(cases) expect_told((cases), LENGTH_OF(cases))

static void keys_are_named(void **state)
{
	static const struct told cases[] = {
		{ 1062, "Duplicate entry 'admin' for key 'username'", STATUS_DUPLICATE, "username", 0 },
		{ 1062, "Duplicate entry 'admin' for key 'users.username'", STATUS_DUPLICATE, "users.username", 0 },
		{ 1062, "Duplicate entry '5' for key 'PRIMARY'", STATUS_DUPLICATE, "PRIMARY", 0 },
		{ 1062, "Duplicate entry '1-2' for key 'pairs.PRIMARY'", STATUS_DUPLICATE, "pairs.PRIMARY", 0 },
		{ 1586, "Duplicate entry 'a' for key 'k'", STATUS_DUPLICATE, "k", 0 },
		{ 1169, "Can't write, because of unique constraint, to table 't'", STATUS_DUPLICATE, "", 0 },
		/* an empty value, and values that say what the servers say */
		{ 1062, "Duplicate entry '' for key 'k'", STATUS_DUPLICATE, "k", 0 },
		{ 1062, "Duplicate entry 'a' for key 'x'' for key 'k'", STATUS_DUPLICATE, "k", 0 },
		{ 1062, "Duplicate entry ' for key 'secret' at row 9' for key 'k'", STATUS_DUPLICATE, "k", 0 },
		{ 1062, "Duplicate entry 'x at row 9' for key 'k'", STATUS_DUPLICATE, "k", 0 },
		{ 1062, "Duplicate entry 'a\nb' for key 'k'", STATUS_DUPLICATE, "k", 0 },
		/* odd names */
		{ 1062, "Duplicate entry '5' for key 'it's'", STATUS_DUPLICATE, "it's", 0 },
		{ 1062, "Duplicate entry '5' for key 't.it's'", STATUS_DUPLICATE, "t.it's", 0 },
		{ 1062, "Duplicate entry '5' for key 'a`b'", STATUS_DUPLICATE, "a`b", 0 },
		{ 1062, "Duplicate entry '5' for key 'at row 9'", STATUS_DUPLICATE, "at row 9", 0 },
		{ 1062, "Duplicate entry '5' for key '\xce\xba'", STATUS_DUPLICATE, "\xce\xba", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void columns_without_a_value_are_named(void **state)
{
	static const struct told cases[] = {
		{ 1048, "Column 'email' cannot be null", STATUS_NULL, "email", 0 },
		{ 1364, "Field 'email' doesn't have a default value", STATUS_NULL, "email", 0 },
		{ 1423, "Field of view 'd.v' underlying table doesn't have a default value", STATUS_NULL, "", 0 },
		{ 1048, "Column 'it's' cannot be null", STATUS_NULL, "it's", 0 },
		{ 1048, "Column 'a`b' cannot be null", STATUS_NULL, "a`b", 0 },
		{ 1048, "Column 'Column x' cannot be null", STATUS_NULL, "Column x", 0 },
		{ 1048, "Column 'x cannot y' cannot be null", STATUS_NULL, "x cannot y", 0 },
		{ 1048, "Column 'Field y' cannot be null", STATUS_NULL, "Field y", 0 },
		{ 1364, "Field 'Column z' doesn't have a default value", STATUS_NULL, "Column z", 0 },
		{ 1364, "Field 'Field z doesn't' doesn't have a default value", STATUS_NULL, "Field z doesn't", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void columns_whose_value_does_not_fit_are_named(void **state)
{
	static const struct told cases[] = {
		{ 1264, "Out of range value for column 'n' at row 1", STATUS_NO_FIT, "n", 1 },
		{ 1264, "Out of range value for column 'a`b' at row 4294967296", STATUS_NO_FIT, "a`b", 4294967296U },
		{ 1265, "Data truncated for column 'e' at row 2", STATUS_NO_MEMBER, "e", 2 },
		{ 1406, "Data too long for column 'username' at row 1000", STATUS_TOO_LONG, "username", 1000 },
		{ 1406, "Data too long for column 'it's' at row 1", STATUS_TOO_LONG, "it's", 1 },
		{ 1406, "Data too long for column 'x at row 5' at row 1", STATUS_TOO_LONG, "x at row 5", 1 },
		{ 1690, "DOUBLE value is out of range in 'exp(1000 + 0 * octet_length(`d`.`t`.`id`))'", STATUS_NO_FIT, "", 0 },
		{ 1690, "BIGINT UNSIGNED value is out of range in '(`d`.`t`.`n` - 1)'", STATUS_NO_FIT, "", 0 },
		{ 1366, "Incorrect integer value: 'x' for column `d`.`t`.`n` at row 1", STATUS_BAD_VALUE, "n", 1 },
		{ 1366, "Incorrect integer value: 'x' for column 'n' at row 1", STATUS_BAD_VALUE, "n", 1 },
		{ 1366, "Incorrect integer value: 'abc' for column `d`.`t`.`a`b` at row 1", STATUS_BAD_VALUE, "a`b", 1 },
		{ 1366, "Incorrect decimal value: '' for column `d`.`t`.`it's` at row 7", STATUS_BAD_VALUE, "it's", 7 },
		{ 1366, "Incorrect string value: '\\xC5\\x82' for column `d`.`t`.`l` at row 1", STATUS_NO_CHARACTER, "l", 1 },
		{ 1366, "Incorrect string value: '\\xF0\\x9F\\x98\\x80' for column 'l' at row 3", STATUS_NO_CHARACTER, "l", 3 },
		{ 1366, "Incorrect integer value: ' for column 'secret' at row 9' for column 'n' at row 2", STATUS_BAD_VALUE,
		  "n", 2 },
		{ 1366, "Incorrect integer value: ' for column `a`.`b`.`secret` at row 9' for column `d`.`t`.`n` at row 2",
		  STATUS_BAD_VALUE, "n", 2 },
		/* The form is right: the column has no such day. */
		{ 1292, "Incorrect date value: '2024-02-30' for column `d`.`t`.`day` at row 1", STATUS_NO_FIT, "day", 1 },
		{ 1292, "Incorrect datetime value: '2024-02-30 00:00:00' for column 'at' at row 2", STATUS_NO_FIT, "at", 2 },
		{ 1292, "Incorrect uuid value: 'x' for column `d`.`t`.`u` at row 1", STATUS_NO_FIT, "u", 1 },
		{ 1292, "Truncated incorrect DOUBLE value: 'abc'", STATUS_BAD_VALUE, "", 0 },
		{ 1525, "Incorrect DATE value: '2024-02-30'", STATUS_BAD_VALUE, "", 0 },
		{ 1416, "Cannot get geometry object from data you send to the GEOMETRY field", STATUS_BAD_VALUE, "", 0 },
		{ 3140, "Invalid JSON text: \"Invalid value.\" at position 0 in value for column 't.doc'.", STATUS_BAD_VALUE,
		  "t.doc", 0 },
		{ 3157, "The JSON document exceeds the maximum depth.", STATUS_TOO_DEEP, "", 0 },
		{ 3643, "The SRID of the geometry does not match the SRID of the column 'g'. The SRID of the geometry is 4326, but "
		        "the SRID of the column is 0. Consider changing the SRID of the geometry or the SRID property of the column.",
		  STATUS_BAD_VALUE, "", 0 },
		{ 3105, "The value specified for generated column 'g' in table 't' is not allowed.", STATUS_NOT_WRITABLE, "g", 0 },
		{ 1906, "The value specified for generated column 'g' in table 't' has been ignored", STATUS_NOT_WRITABLE, "g", 0 },
		{ 1906, "The value specified for generated column 'a' in table b' in table 't' has been ignored",
		  STATUS_NOT_WRITABLE, "a' in table b", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void constraints_are_named(void **state)
{
	static const struct told cases[] = {
		{ 1452, "Cannot add or update a child row: a foreign key constraint fails (`d`.`child`, CONSTRAINT `child_ibfk_1` "
		        "FOREIGN KEY (`p`) REFERENCES `parent` (`id`) ON DELETE CASCADE)", STATUS_FOREIGN_KEY, "child_ibfk_1", 0 },
		{ 1216, "Cannot add or update a child row: a foreign key constraint fails", STATUS_FOREIGN_KEY, "", 0 },
		{ 1451, "Cannot delete or update a parent row: a foreign key constraint fails (`d`.`child`, CONSTRAINT "
		        "`child_ibfk_1` FOREIGN KEY (`p`) REFERENCES `parent` (`id`))", STATUS_FOREIGN_KEY, "child_ibfk_1", 0 },
		{ 1217, "Cannot delete or update a parent row: a foreign key constraint fails", STATUS_FOREIGN_KEY, "", 0 },
		{ 4025, "CONSTRAINT `age` failed for `d`.`t`", STATUS_CHECK, "age", 0 },
		{ 4025, "CONSTRAINT `t.age` failed for `d`.`t`", STATUS_CHECK, "t.age", 0 },
		{ 4025, "CONSTRAINT `CONSTRAINT x` failed for `d`.`t`", STATUS_CHECK, "CONSTRAINT x", 0 },
		{ 4025, "CONSTRAINT `a failed for b` failed for `d`.`t`", STATUS_CHECK, "a failed for b", 0 },
		{ 3819, "Check constraint 't_chk_1' is violated.", STATUS_CHECK, "t_chk_1", 0 },
		{ 3819, "Check constraint 'it's' is violated.", STATUS_CHECK, "it's", 0 },
		{ 1369, "CHECK OPTION failed `d`.`v`", STATUS_CHECK, "", 0 },
		{ 1369, "CHECK OPTION failed 'd.v'", STATUS_CHECK, "", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void what_has_nothing_to_do_with_a_column(void **state)
{
	static const struct told cases[] = {
		{ 1205, "Lock wait timeout exceeded; try restarting transaction", STATUS_LOCKED, "", 0 },
		{ 1213, "Deadlock found when trying to get lock; try restarting transaction", STATUS_LOCKED, "", 0 },
		{ 1020, "Record has changed since last read in table 't'", STATUS_LOCKED, "", 0 },
		{ 1290, "The MariaDB server is running with the --read-only option so it cannot execute this statement",
		  STATUS_READ_ONLY, "", 0 },
		{ 1792, "Cannot execute statement in a READ ONLY transaction", STATUS_READ_ONLY, "", 0 },
		{ 1836, "Running in read-only mode", STATUS_READ_ONLY, "", 0 },
		{ 1142, "INSERT command denied to user 'u'@'localhost' for table `d`.`t`", STATUS_FORBIDDEN, "", 0 },
		{ 1142, "INSERT command denied to user 'u'@'localhost' for table 't'", STATUS_FORBIDDEN, "", 0 },
		{ 1143, "SELECT command denied to user 'u'@'localhost' for column 'secret' in table 't'", STATUS_FORBIDDEN, "", 0 },
		{ 1044, "Access denied for user 'u'@'localhost' to database 'd'", STATUS_FORBIDDEN, "", 0 },
		{ 1040, "Too many connections", STATUS_BUSY, "", 0 },
		{ 1203, "User u already has more than 'max_user_connections' active connections", STATUS_BUSY, "", 0 },
		{ 1644, "credit is used up for column 'x' at row 5x", STATUS_RAISED, "", 0 },
		{ 1644, "", STATUS_RAISED, "", 0 },
		{ 1153, "Got a packet bigger than 'max_allowed_packet' bytes", STATUS_BODY_TOO_LARGE, "", 0 },
		{ 1317, "Query execution was interrupted", STATUS_TIMEOUT, "", 0 },
		{ 1969, "Query execution was interrupted (max_statement_time exceeded)", STATUS_TIMEOUT, "", 0 },
		{ 3024, "Query execution was interrupted, maximum statement execution time exceeded", STATUS_TIMEOUT, "", 0 },
		{ 1139, "Got error 'missing terminating ] for character class' from regexp", STATUS_BAD_REGULAR, "", 0 },
		{ 3696, "The regular expression contains an unclosed bracket expression.", STATUS_BAD_REGULAR, "", 0 },
		{ 3685, "", STATUS_BAD_REGULAR, "", 0 },
		{ 3700, "", STATUS_BAD_REGULAR, "", 0 },
		{ 3887, "A capture group has an invalid name.", STATUS_BAD_REGULAR, "", 0 },
		{ 3900, "Invalid match mode flag in regular expression.", STATUS_BAD_REGULAR, "", 0 },
		{ 3995, "Character set 'binary' cannot be used in conjunction with 'utf8mb4_bin' in call to regexp_like.",
		  STATUS_BAD_REGULAR, "", 0 },
		{ 3141, "Invalid JSON text in argument 2 to function json_contains: \"Number too big\" at position 1.",
		  STATUS_BAD_VALUE, "", 0 },
		{ 3144, "Cannot create a JSON value from a string with CHARACTER SET 'binary'.", STATUS_BAD_VALUE, "", 0 },
		{ 3037, "Invalid GIS data provided to function st_geomfromtext.", STATUS_BAD_VALUE, "", 0 },
		{ 3548, "There's no spatial reference system with SRID 1.", STATUS_BAD_VALUE, "", 0 },
		{ 3616, "Longitude 200.0 is out of range in function st_geomfromtext.", STATUS_BAD_VALUE, "", 0 },
		{ 3617, "Latitude 100.0 is out of range in function st_geomfromtext.", STATUS_BAD_VALUE, "", 0 },
		{ 6136, "Data cannot be converted to a valid vector", STATUS_BAD_VALUE, "", 0 },
		{ 6138, "Data cannot be converted to a valid vector", STATUS_BAD_VALUE, "", 0 },
		{ 1526, "Table has no partition for value 99", STATUS_NO_PARTITION, "", 0 },
		{ 1591, "Table has no partition for some existing values", STATUS_NO_PARTITION, "", 0 },
		{ 1748, "Found a row not matching the given partition set", STATUS_NO_PARTITION, "", 0 },
		{ 167, "Out of range value for column 'id' at row 1", STATUS_NO_MORE_IDS, "", 1 },
		{ 1467, "Failed to read auto-increment value from storage engine", STATUS_NO_MORE_IDS, "", 0 },
		{ 1643, "no such thing", STATUS_RAISED, "", 0 },
		{ 1959, "Invalid role specification `r`", STATUS_FORBIDDEN, "", 0 },
		{ 3530, "`r`@`%` is not granted to `u`@`%`", STATUS_FORBIDDEN, "", 0 },
		{ 1442, "Can't update table 't' in stored function/trigger", STATUS_DEFINITION, "", 0 },
		{ 1288, "The target table v of the INSERT is not updatable", STATUS_NOT_UPDATABLE, "", 0 },
		{ 1471, "The target table v of the INSERT is not insertable-into", STATUS_NOT_UPDATABLE, "", 0 },
		{ 1348, "Column 'n' is not updatable", STATUS_NOT_UPDATABLE, "", 0 },
		{ 1393, "Can not modify more than one base table through a join view 'd.v'", STATUS_NOT_UPDATABLE, "", 0 },
		{ 1054, "Unknown column 'x' in 'field list'", STATUS_DEFINITION, "", 0 },
		{ 1064, "You have an error in your SQL syntax", STATUS_FAULT, "", 0 },
		{ 1030, "Got error 28 \"No space left on device\" from storage engine InnoDB", STATUS_FULL, "", 0 },
		{ 1030, "Got error 139 \"Too big row\" from storage engine InnoDB", STATUS_ROW_TOO_LARGE, "", 0 },
		{ 1030, "Got error 168 - 'Unknown (generic) error from engine' from storage engine", STATUS_STORAGE, "", 0 },
		{ 1030, "Got error 127 - 'Record file is crashed' from storage engine", STATUS_DAMAGED, "", 0 },
		{ 1030, "Got error 195 - 'Table corrupted' from storage engine", STATUS_DAMAGED, "", 0 },
		{ 1030, "Got error 195 \"Sequence has been run out\" from storage engine InnoDB", STATUS_NO_MORE_IDS, "", 0 },
		{ 1030, "Got error 198 - 'Tablespace is not empty' from storage engine", STATUS_STORAGE, "", 0 },
		{ 1105, "XPATH syntax error: ''", STATUS_NOT_COMPUTED, "", 0 },
		{ 1105, "Unknown error", STATUS_INTERNAL, "", 0 },
		{ 1290, "The MySQL server is running with the --super-read-only option so it cannot execute this statement",
		  STATUS_READ_ONLY, "", 0 },
		{ 1290, "The MariaDB server is running with the --secure-file-priv option so it cannot execute this statement",
		  STATUS_DEFINITION, "", 0 },
		{ 188, "FTS query exceeds result cache limit", STATUS_SEARCH_TOO_LARGE, "", 0 },
		{ 188, "Operation was interrupted by end user (probably kill command?)", STATUS_TIMEOUT, "", 0 },
		{ 191, "Too many words in a FTS phrase or proximity search", STATUS_SEARCH_TOO_LARGE, "", 0 },
		{ 1030, "got error", STATUS_STORAGE, "", 0 },
		{ 3, "Error writing file '/tmp/MY5' (Errcode: 28 \"No space left on device\")", STATUS_FULL, "", 0 },
		{ 1026, "Error writing file 'x' (errno: 122 \"Disk quota exceeded\")", STATUS_FULL, "", 0 },
		{ 1016, "Can't open file: 'x' (errno: 24 \"Too many open files\")", STATUS_STORAGE, "", 0 },
		{ 1180, "Got error 90 \"Message too long\" during COMMIT", STATUS_CHANGE_TOO_LARGE, "", 0 },
		{ 1180, "Got error 5 \"Input/output error\" during COMMIT", STATUS_UNKNOWN, "", 0 },
		{ 0, "", STATUS_FAULT, "", 0 },
		{ 99999, "", STATUS_FAULT, "", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void a_connection_that_is_gone_is_told(void **state)
{
	static const struct told cases[] = {
		{ 2006, "Server has gone away", STATUS_AWAY, "", 0 },
		{ 2006, "MySQL server has gone away", STATUS_AWAY, "", 0 },
		{ 2013, "Lost connection to server during query", STATUS_AWAY, "", 0 },
		{ 2055, "Lost connection to server at 'reading', system error: 104", STATUS_AWAY, "", 0 },
		{ 2014, "Commands out of sync; you can't run this command now", STATUS_AWAY, "", 0 },
		{ 2027, "Malformed packet", STATUS_AWAY, "", 0 },
		{ 1927, "Connection was killed", STATUS_AWAY, "", 0 },
		{ 1053, "Server shutdown in progress", STATUS_AWAY, "", 0 },
		{ 4031, "The client was disconnected by the server because of inactivity. See wait_timeout and "
		        "interactive_timeout for configuring this behavior.", STATUS_AWAY, "", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void texts_without_sense_name_nothing(void **state)
{
	static const struct told cases[] = {
		{ 1062, "", STATUS_DUPLICATE, "", 0 },
		{ 1062, "Duplicate entry 'a' for key ", STATUS_DUPLICATE, "", 0 },
		{ 1062, "Duplicate entry 'a' for key '", STATUS_DUPLICATE, "", 0 },
		{ 1062, "Duplicate entry 'a' for key ''", STATUS_DUPLICATE, "", 0 },
		{ 1062, "Duplicate entry 'a' for key 'cut", STATUS_DUPLICATE, "", 0 },
		{ 1062, "Duplicate entry 'a' for key k", STATUS_DUPLICATE, "", 0 },
		{ 1062, " for key 'k'", STATUS_DUPLICATE, "k", 0 },
		{ 1048, "", STATUS_NULL, "", 0 },
		{ 1048, "Column ", STATUS_NULL, "", 0 },
		{ 1048, "Column 'x", STATUS_NULL, "", 0 },
		{ 1048, "Column '' cannot be null", STATUS_NULL, "", 0 },
		{ 1264, "", STATUS_NO_FIT, "", 0 },
		{ 1264, " at row 5", STATUS_NO_FIT, "", 5 },
		{ 1264, " at row ", STATUS_NO_FIT, "", 0 },
		{ 1264, "Out of range value for column 'n' at row x", STATUS_NO_FIT, "n", 0 },
		{ 1264, "Out of range value for column 'n' at row -1", STATUS_NO_FIT, "n", 0 },
		{ 1366, "Incorrect", STATUS_BAD_VALUE, "", 0 },
		{ 1366, "Incorrect string value", STATUS_NO_CHARACTER, "", 0 },
		{ 1452, "CONSTRAINT ", STATUS_FOREIGN_KEY, "", 0 },
		{ 1452, "CONSTRAINT ` FOREIGN KEY", STATUS_FOREIGN_KEY, "", 0 },
		{ 4025, "CONSTRAINT", STATUS_CHECK, "", 0 },
		{ 3819, "Check constraint ", STATUS_CHECK, "", 0 },
	};

	(void)state;
	EXPECT_TOLD(cases);
}

static void long_texts_are_cut(void **state)
{
	static const char begin[] = "Incorrect integer value: '", end[] = "' for column 'n' at row 2";
	struct database_error error;
	char text[2000];

	(void)state;
	for (size_t filled = 0; filled < 1000; filled++) {
		size_t length = (size_t)snprintf(text, sizeof(text), "%s%0*d%s", begin, (int)filled + 1, 0, end);
		bool whole = length < sizeof(error.text);

		memset(&error, 0xa5, sizeof(error));
		assert_false(mysql_fault_read(&error, 1366, "HY000", text));
		assert_int_equal(error.status, STATUS_BAD_VALUE);
		assert_int_equal(strlen(error.text), whole ? length : sizeof(error.text) - 1);
		assert_memory_equal(error.text, text, strlen(error.text));
		if (whole) {
			assert_is(error.subject, "n");
			assert_int_equal(error.row, 2);
		} else if (error.subject.length > 0) { /* only the row was cut off */
			assert_is(error.subject, "n");
			assert_int_equal(error.row, 0);
		}
	}
}

static void the_object_lies_in_the_text(void **state)
{
	struct database_error error;

	(void)state;
	assert_false(mysql_fault_read(&error, 1062, "HY000", "Duplicate entry 'admin' for key 'users.username'"));
	assert_true(error.subject.bytes >= error.text &&
	            error.subject.bytes + error.subject.length <= error.text + strlen(error.text));
}

/* What SIGNAL says of its own goes before what the number means. */
static void what_a_trigger_raises_has_any_number(void **state)
{
	static const struct {
		unsigned number;
		const char *state;
		enum status status;
	} cases[] = {
		{ 1644, "45000", STATUS_RAISED },   { 1644, "PT409", STATUS_RAISED }, { 30001, "45000", STATUS_RAISED },
		{ 1062, "45000", STATUS_RAISED },   { 1213, "45000", STATUS_RAISED }, { 1205, "45123", STATUS_RAISED },
		{ 2006, "45000", STATUS_RAISED },   { 1053, "45000", STATUS_RAISED }, { 1047, "45000", STATUS_RAISED },
		{ 1054, "45000", STATUS_RAISED },   { 1217, "45000", STATUS_RAISED }, { 1062, "U0001", STATUS_RAISED },
		{ 30001, "HY000", STATUS_RAISED },  { 65535, "02000", STATUS_RAISED }, { 1643, "02000", STATUS_RAISED },
		{ 1213, "99999", STATUS_RAISED },
		/* the servers' own */
		{ 1317, "70100", STATUS_TIMEOUT },  { 1969, "70100", STATUS_TIMEOUT }, { 1613, "XA106", STATUS_FAULT },
		{ 1213, "40001", STATUS_LOCKED },   { 1062, "23000", STATUS_DUPLICATE }, { 2013, "HY000", STATUS_AWAY },
		{ 2013, "", STATUS_AWAY },          { 1053, "08S01", STATUS_AWAY },   { 1329, "02000", STATUS_DEFINITION },
	};

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		struct database_error error;
		bool lost;

		memset(&error, 0xa5, sizeof(error));
		lost = mysql_fault_read(&error, cases[i].number, cases[i].state, "WSREP for key 'k' at row 7");
		if (error.status != cases[i].status || lost != (cases[i].status == STATUS_AWAY))
			fail_msg("%u %s: got %s", cases[i].number, cases[i].state, status_code(error.status));
		if (error.status == STATUS_RAISED) {
			assert_int_equal(error.row, 0);
			assert_int_equal(error.subject.length, 0);
			assert_false(error.referenced || error.schema_changed || error.not_run);
		}
	}
}

static void what_a_new_description_would_mend(void **state)
{
	static const struct {
		unsigned number;
		bool changed;
	} cases[] = { { 1054, true }, { 1146, true }, { 1356, true }, { 1062, false }, { 1364, false }, { 2006, false } };
	struct database_error error;

	(void)state;
	for (size_t i = 0; i < LENGTH_OF(cases); i++) {
		(void)!mysql_fault_read(&error, cases[i].number, "HY000", "");
		assert_int_equal(error.schema_changed, cases[i].changed);
	}
}

static void what_another_snapshot_would_mend(void **state)
{
	struct database_error error;

	(void)state;
	for (unsigned number = 0; number < 5000; number++) {
		(void)!mysql_fault_read(&error, number, "HY000", "");
		assert_int_equal(error.snapshot_old, number == 1412);
	}
	assert_false(mysql_fault_read(&error, 1412, "HY000", "Table definition has changed, please retry transaction"));
	assert_int_equal(error.status, STATUS_BUSY);
	assert_false(mysql_fault_read(&error, 1412, "45000", "a trigger's own number"));
	assert_false(error.snapshot_old);
}

static void which_end_of_a_foreign_key(void **state)
{
	struct database_error error;

	(void)state;
	for (unsigned number = 0; number < 5000; number++) {
		(void)!mysql_fault_read(&error, number, "HY000", "");
		assert_int_equal(error.referenced, number == 1217 || number == 1451);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_named),
		cmocka_unit_test(columns_without_a_value_are_named),
		cmocka_unit_test(columns_whose_value_does_not_fit_are_named),
		cmocka_unit_test(constraints_are_named),
		cmocka_unit_test(what_has_nothing_to_do_with_a_column),
		cmocka_unit_test(a_connection_that_is_gone_is_told),
		cmocka_unit_test(texts_without_sense_name_nothing),
		cmocka_unit_test(long_texts_are_cut),
		cmocka_unit_test(the_object_lies_in_the_text),
		cmocka_unit_test(what_another_snapshot_would_mend),
		cmocka_unit_test(which_end_of_a_foreign_key),
		cmocka_unit_test(what_a_new_description_would_mend),
		cmocka_unit_test(what_a_trigger_raises_has_any_number),
	};

	return cmocka_run_group_tests_name("mysql_fault", tests, NULL, NULL);
}
