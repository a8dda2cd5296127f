/* SPDX-License-Identifier: MIT */
#include "mysql/mysql_type.h"

#include <string.h>

#include "schema/catalogue.h"

static const struct type {
	const char *name;
	enum column_type type;
	enum column_kind kind;
	unsigned bits;
} types[] = {
	{ "tinyint", COLUMN_INTEGER, KIND_PLAIN, 8 },
	{ "smallint", COLUMN_INTEGER, KIND_PLAIN, 16 },
	{ "mediumint", COLUMN_INTEGER, KIND_PLAIN, 24 },
	{ "int", COLUMN_INTEGER, KIND_PLAIN, 32 },
	{ "bigint", COLUMN_INTEGER, KIND_PLAIN, 64 },
	{ "year", COLUMN_YEAR, KIND_PLAIN, 0 },
	{ "decimal", COLUMN_DECIMAL, KIND_PLAIN, 0 },
	{ "float", COLUMN_FLOAT, KIND_PLAIN, 0 },
	{ "double", COLUMN_DOUBLE, KIND_PLAIN, 0 },
	{ "bit", COLUMN_BIT, KIND_PLAIN, 0 },
	{ "date", COLUMN_DATE, KIND_PLAIN, 0 },
	{ "time", COLUMN_TIME, KIND_PLAIN, 0 },
	{ "datetime", COLUMN_DATETIME, KIND_PLAIN, 0 },
	{ "timestamp", COLUMN_TIMESTAMP, KIND_PLAIN, 0 },
	{ "json", COLUMN_JSON, KIND_PLAIN, 0 },
	{ "char", COLUMN_STRING, KIND_CHAR, 0 },
	{ "varchar", COLUMN_STRING, KIND_VARCHAR, 0 },
	{ "tinytext", COLUMN_STRING, KIND_TEXT, 0 },
	{ "text", COLUMN_STRING, KIND_TEXT, 0 },
	{ "mediumtext", COLUMN_STRING, KIND_TEXT, 0 },
	{ "longtext", COLUMN_STRING, KIND_TEXT, 0 },
	{ "enum", COLUMN_STRING, KIND_ENUM, 0 },
	{ "set", COLUMN_STRING, KIND_SET, 0 },
	{ "uuid", COLUMN_STRING, KIND_UUID, 0 },
	{ "inet4", COLUMN_STRING, KIND_INET4, 0 },
	{ "inet6", COLUMN_STRING, KIND_INET6, 0 },
	{ "xmltype", COLUMN_STRING, KIND_XML, 0 },
	{ "binary", COLUMN_BINARY, KIND_BINARY, 0 },
	{ "varbinary", COLUMN_BINARY, KIND_PLAIN, 0 },
	{ "tinyblob", COLUMN_BINARY, KIND_PLAIN, 0 },
	{ "blob", COLUMN_BINARY, KIND_PLAIN, 0 },
	{ "mediumblob", COLUMN_BINARY, KIND_PLAIN, 0 },
	{ "longblob", COLUMN_BINARY, KIND_PLAIN, 0 },
	{ "vector", COLUMN_BINARY, KIND_VECTOR, 0 },
	{ "geometry", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "point", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "linestring", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "polygon", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "multipoint", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "multilinestring", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "multipolygon", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "geometrycollection", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
	{ "geomcollection", COLUMN_GEOMETRY, KIND_PLAIN, 0 },
};

static struct type find_type(struct slice name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_is(name, types[i].name))
			return types[i];
	return (struct type){ "", COLUMN_STRING, KIND_PLAIN, 0 };
}

void mysql_type_take(struct column *column, struct slice name, struct arena *arena)
{
	const struct slice declared = column->declared;
	struct type type = find_type(name);

	column->type = slice_is(declared, "tinyint(1)") ? COLUMN_BOOLEAN : type.type;
	column->kind = type.kind;
	column->bits = type.bits;
	column->is_unsigned = memmem(declared.bytes, declared.length, " unsigned", 9) != NULL;
	if ((type.type == COLUMN_FLOAT || type.type == COLUMN_DOUBLE) && memchr(declared.bytes, ',', declared.length) != NULL)
		column->kind = KIND_SCALED;
	if (type.kind == KIND_ENUM || type.kind == KIND_SET)
		catalogue_take_members(column, declared, arena);
}
