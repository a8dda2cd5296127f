/* SPDX-License-Identifier: MIT
 *
 * table.h: what the database's catalogue says of the tables that are served. Plain data, read by all and written by
 * the one that describes (catalogue.c) or by a unit test, walked at run time: a table needs no code of its own.
 */
#ifndef MYREST_TABLE_H
#define MYREST_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"
#include "config/table_choices.h"

/* How a column's values are read, compared and shown. */
enum column_type {
	COLUMN_INTEGER,
	COLUMN_BOOLEAN, /* TINYINT(1) */
	COLUMN_YEAR,
	COLUMN_DECIMAL,
	COLUMN_FLOAT,
	COLUMN_DOUBLE,
	COLUMN_BIT,
	COLUMN_STRING, /* CHAR, TEXT, ENUM, SET, UUID, INET6: whatever the server gives as characters */
	COLUMN_DATE,
	COLUMN_TIME,
	COLUMN_DATETIME,
	COLUMN_TIMESTAMP,
	COLUMN_JSON,
	COLUMN_BINARY,
	COLUMN_GEOMETRY,
	COLUMN_ARRAY, /* of PostgreSQL: shown as JSON */
};

/* What else somebody asks of a column's type, as the catalogue has read it in the declaration. */
enum column_kind {
	KIND_PLAIN, /* nothing */
	KIND_CHAR,  /* filled up with spaces to its length, so that none is kept at the end of a value */
	KIND_BPCHAR, /* a text like a CHAR's, but of any length */
	KIND_VARCHAR,
	KIND_TEXT, /* its length is one in bytes */
	KIND_ENUM, /* one of its members */
	KIND_SET,  /* some of its members, with commas between them */
	KIND_SCALED, /* FLOAT(7,2): a FLOAT or DOUBLE that is rounded to its scale */
	KIND_BINARY, /* filled up with NULs to its length */
	KIND_VECTOR, /* always of its length */
	KIND_JSON_TEXT,  /* JSON that is kept as it was written, and has no comparisons */
	KIND_JSON_ARRAY, /* an array of JSON */
	/* Of opaque strings (is_opaque). */
	KIND_UUID,
	KIND_INET4,
	KIND_INET6, /* an IPv4 address is one of it, too */
	KIND_INET,  /* with a network's length */
	KIND_CIDR,
	KIND_MACADDR,
	KIND_INTERVAL,
	KIND_TIMETZ,
	KIND_MONEY,
	KIND_XML,
	KIND_TSVECTOR,
	KIND_BITS,    /* as many digits 0 and 1 as its length says */
	KIND_VARBITS, /* at most so many; 0: any number */
	KIND_BYTE,    /* one */
	KIND_RANGE,
	KIND_MULTIRANGE,
};

enum { INTEGER_CHARACTERS = 20 }; /* the most that one has */

struct column {
	struct slice name;
	enum column_type type;
	enum column_kind kind;
	struct slice declared; /* as the catalogue writes it: varchar(80), enum('a','b'); to be shown, and not to be read */
	unsigned member_count; /* of an ENUM or a SET */
	const struct slice *members;
	struct slice json_key; /* "name": with quotes and colon, ready to be written */
	struct slice quoted;   /* the name as an identifier in SQL */
	uint64_t length;       /* characters of a string, bytes of a binary, bits of a BIT; 0: does not apply */
	unsigned bits;         /* of an INTEGER, and of a BOOLEAN that is a number; 0: nobody knows, and it is none */
	unsigned precision;    /* DECIMAL: digits; TIME, DATETIME, TIMESTAMP: digits of the fraction */
	unsigned scale;        /* DECIMAL: digits behind the point */
	uint32_t last_character; /* of a string: the highest code point its character set surely has; 0: it has all */
	struct slice character_set, collation; /* where it may lack some */
	uint64_t characters;     /* the most that a value has, as the database gives it; 0: nobody knows */
	bool is_opaque;           /* a string that is none inside (UUID, INET6): no patterns on its own terms */
	bool sorts_otherwise;    /* its values do not stand in an order as they compare, or only the server knows whether they do */
	bool incomparable;       /* MySQL's vectors: they are compared with nothing, and cast to nothing */
	struct slice language;   /* of its full-text index, as a literal in SQL; no bytes: the server's business */
	bool is_unsigned;
	bool nullable;
	bool null_is_now;     /* the server takes a NULL for the present time, instead of refusing it */
	bool generated;       /* computed by the server, cannot be written */
	bool auto_increment;
	bool unreadable;      /* the account may not read it */
	bool invisible;       /* SELECT * does not show it, nor does MYREST_TABLES name it: it is shown where a request names it */
	bool row_end;         /* of a table with versions: all rows of now have the same; of their keys it is no part */
	bool exposed;         /* MYREST_TABLES lets clients see it, and it can be read */
	bool writable;        /* MYREST_WRITABLE lets clients write it, and the server can */
	const char *fallback; /* the default as an SQL expression; NULL: none */
	bool fallback_untold; /* only a new row has it: it cannot be compared with */
	const char *comment;  /* never NULL */
};

struct key {
	const char *name;
	bool primary;
	bool unique;
	bool fulltext;
	bool obscure; /* over expressions as well, or columns that are not shown: its columns alone are no key */
	unsigned column_count;
	uint16_t *columns; /* indices into table->columns, in the key's order */
};

struct foreign_key {
	const char *name;
	const char *target; /* a table of the same database */
	unsigned column_count;
	uint16_t *columns;          /* indices into this table's columns */
	const char **target_columns; /* beside them */
};

struct dialect; /* dialect.h */

struct table {
	const struct dialect *dialect; /* of the database that it is in */
	bool json_forward; /* its server counts the elements of a JSON array from the beginning alone */
	bool json_undashed; /* its server does not find names in JSON that begin with '-' */
	struct slice name;
	struct slice quoted; /* as an identifier in SQL; of PostgreSQL with its schema in front */
	struct slice quoted_name; /* without: what a statement that names it calls its rows */
	bool is_view;
	/* PostgreSQL: the account may keep others from changing its form while it is read (LOCK TABLE), as far as is known:
	 * it becomes false when the server refuses it. */
	bool lockable;
	bool writable; /* MYREST_WRITABLE names it, and the server can write it, */
	bool no_insert, no_update, no_delete; /* but for these: a view may have triggers for others alone */
	bool unreadable;      /* the account may read nothing of it */
	bool undoes_nothing;  /* its engine knows no transactions; of a view nobody knows */
	bool has_invisible;   /* a column that clients may see is invisible */
	const char *untold; /* why the server did not say all that is to be known of it; NULL: it did */
	enum status refusal; /* of its requests then */
	const char *comment;  /* never NULL */
	uint64_t row_estimate; /* of the server's statistics */
	unsigned column_count, key_count, foreign_key_count;
	struct column *columns;
	struct key *keys;
	struct foreign_key *foreign_keys;
	int key_column; /* the primary key, when it is one exposed column that compares: what /TABLE/KEY names; -1: none */
};

/* One row as the database gives it, values beside the columns that were asked for; a NULL is NULL. */
struct row {
	unsigned count;
	const char *const *values;
	const unsigned long *lengths;
};

/* All tables that are served, in the order the catalogue names them. Owns everything below it. */
struct schema {
	struct arena arena;
	unsigned table_count;
	struct table *tables;
	const struct table_choices *choices, *writable; /* MYREST_TABLES and MYREST_WRITABLE, not its own; NULL: nobody knows */
	bool incomplete; /* a table is untold, or has types that were known before: it is to be described again soon */
};

const struct table *schema_table(const struct schema *, struct slice name); /* NULL: not served */
/* A column that clients may see; NULL: none of that name. */
const struct column *table_column(const struct table *, const char *name, size_t length);
/* Whether clients may see it, or at least write it; a column of that kind. */
bool table_is_known(const struct column *);
const struct column *table_known_column(const struct table *, const char *name, size_t length);
/* Whether a full-text index of the column alone lets it be searched. */
bool table_fulltext(const struct table *, const struct column *);
/* Whether the column alone is a key of integers without NULL: the one kind by which rows of a shared statement can be
 * told apart exactly (collations, dates and decimals match more than they equal). */
bool table_integer_key(const struct table *, const struct column *);
/* The primary key, when clients may see all of it; NULL: none. */
const struct key *table_primary(const struct table *);
/* Whether a filter can compare each of its columns, so that an address may name a row by it. */
bool table_key_compares(const struct table *, const struct key *);
/* Fills what follows from the rest: json_key, characters, has_invisible, key_column. To be called once all columns and keys stand. */
void table_finish(struct table *, struct arena *);
void schema_free(struct schema *);

#endif
