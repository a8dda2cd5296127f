/* SPDX-License-Identifier: MIT
 *
 * A column as JSON Schema has it (draft 2020-12, as OpenAPI 3.1 uses it).
 */
#include <string.h>

#include "base/json.h"
#include "base/json_template.h"
#include "response/openapi.h"
#include "schema/literal.h"

/* What the values of a type are in JSON. */
static const struct shape {
	const char *type, *other; /* NULL: any; no other */
	const char *members;      /* what holds for all columns of the type, a template */
	const char *note;         /* for people */
} shapes[] = {
	[COLUMN_INTEGER] = { "integer", NULL, "", NULL },
	[COLUMN_BOOLEAN] = { "boolean", "integer", "", "0 and 1 are false and true; other numbers stay numbers." },
	[COLUMN_YEAR] = { "integer", NULL, ",'anyOf':[{'const':0},{'minimum':1901,'maximum':2155}]", NULL },
	[COLUMN_DECIMAL] = { "number", NULL, ",'format':'decimal'", NULL },
	[COLUMN_FLOAT] = { "number", NULL, ",'format':'float'", NULL },
	[COLUMN_DOUBLE] = { "number", NULL, ",'format':'double'", NULL },
	[COLUMN_BIT] = { "integer", NULL, ",'minimum':0", NULL },
	[COLUMN_STRING] = { "string", NULL, "", NULL },
	[COLUMN_DATE] = { "string", NULL, ",'format':'date'", NULL },
	[COLUMN_TIME] = { "string", NULL, ",'pattern':'^-?[0-9]{2,3}:[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$'",
	                  "A time of day or a span, from -838:59:59 to 838:59:59." },
	[COLUMN_DATETIME] = { "string", NULL, ",'format':'date-time-local'", "ISO 8601, without a zone." },
	[COLUMN_TIMESTAMP] = { "string", NULL, ",'format':'date-time'", NULL },
	[COLUMN_JSON] = { NULL, NULL, "", "Any JSON." },
	[COLUMN_BINARY] = { "string", NULL, ",'contentEncoding':'base64'", NULL },
	[COLUMN_ARRAY] = { "array", NULL, ",'items':{}", NULL },
	[COLUMN_GEOMETRY] = { "string", NULL, ",'contentEncoding':'base64'", "A geometry in the server's own form." },
};

static const struct shape *find_shape(const struct column *column)
{
	static const struct shape truth = { "boolean", NULL, "", NULL };

	if (column->type == COLUMN_BOOLEAN && column->bits == 0)
		return &truth;
	return &shapes[column->type];
}

static void add_types(struct text *out, const struct column *column, bool nullable)
{
	const struct shape *shape = find_shape(column);
	const char *type = column->type == COLUMN_BIT && column->length == 1 ? "boolean" : shape->type;

	if (type == NULL)
		return;
	if (!nullable && shape->other == NULL) {
		json_template_add(out, ",'type':%s", type);
		return;
	}
	json_template_add(out, ",'type':[%s", type);
	if (shape->other != NULL)
		json_template_add(out, ",%s", shape->other);
	if (nullable)
		json_template_add(out, ",'null'");
	json_template_add(out, "]");
}

static void add_integer_bounds(struct text *out, const struct column *column)
{
	unsigned bits = column->is_unsigned ? column->bits : column->bits - 1;
	uint64_t most;

	if (column->bits == 0)
		return;
	most = UINT64_MAX >> (64 - bits);
	json_template_add(out, ",'format':%s", bits < 32 ? "int32" : bits < 64 ? "int64" : "uint64");
	if (column->is_unsigned)
		json_template_add(out, ",'minimum':0");
	else
		json_template_add(out, ",'minimum':-%u", most + 1);
	json_template_add(out, ",'maximum':%u", most);
}

/* The largest number of so many digits. */
static void add_nines(struct text *out, const struct column *column)
{
	if (column->precision == column->scale)
		text_add_char(out, '0');
	for (unsigned i = 0; i < column->precision; i++) {
		if (i == column->precision - column->scale)
			text_add_char(out, '.');
		text_add_char(out, '9');
	}
}

static void add_decimal_bounds(struct text *out, const struct column *column)
{
	enum { MOST_DIGITS = 2000 }; /* PostgreSQL's numeric(1000,-1000); no server has more */

	if (column->precision == 0 || column->precision > MOST_DIGITS || column->scale > column->precision)
		return;
	json_template_add(out, ",'minimum':%r", column->is_unsigned ? "0" : "-");
	if (!column->is_unsigned)
		add_nines(out, column);
	json_template_add(out, ",'maximum':");
	add_nines(out, column);
}

static void add_choices(struct text *out, const struct column *column, bool nullable)
{
	json_template_add(out, ",'enum':[");
	for (unsigned i = 0; i < column->member_count; i++) {
		json_template_add(out, ",");
		(void)json_add_string(out, column->members[i].bytes, column->members[i].length);
	}
	if (nullable)
		json_template_add(out, ",null");
	json_template_add(out, "]");
}

static void add_string_bounds(struct text *out, const struct column *column, bool nullable)
{
	if (column->kind == KIND_ENUM)
		add_choices(out, column, nullable);
	else if (column->kind == KIND_UUID)
		json_template_add(out, ",'format':'uuid'");
	else if (column->length > 0 && !column->is_opaque)
		json_template_add(out, ",'maxLength':%u", column->length);
}

void openapi_add_type(struct text *out, const struct column *column, bool nullable)
{
	add_types(out, column, nullable);
	if (column->type != COLUMN_BIT || column->length != 1)
		json_template_add(out, shapes[column->type].members);
	switch (column->type) {
	case COLUMN_INTEGER:
	case COLUMN_BOOLEAN:
		add_integer_bounds(out, column);
		break;
	case COLUMN_DECIMAL:
		add_decimal_bounds(out, column);
		break;
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
		if (column->is_unsigned)
			json_template_add(out, ",'minimum':0");
		break;
	case COLUMN_BIT:
		if (column->length > 1 && column->length <= 64)
			json_template_add(out, ",'maximum':%u", UINT64_MAX >> (64 - column->length));
		break;
	case COLUMN_STRING:
		add_string_bounds(out, column, nullable);
		break;
	case COLUMN_BINARY:
		if (column->length > 0)
			json_template_add(out, ",'maxLength':%u", (column->length + 2) / 3 * 4);
		break;
	case COLUMN_YEAR:
	case COLUMN_DATE:
	case COLUMN_TIME:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
	case COLUMN_JSON:
	case COLUMN_GEOMETRY:
	case COLUMN_ARRAY:
		break;
	}
}

/* A default that is a literal and reads the same in JSON. */
static void add_default(struct text *out, const struct column *column)
{
	const char *literal = column->fallback, *end;
	struct text value = { 0 };

	if (literal == NULL)
		return;
	end = literal + strlen(literal);
	switch (column->type) {
	case COLUMN_BOOLEAN:
	case COLUMN_INTEGER:
	case COLUMN_DECIMAL:
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE: /* as the server writes numbers; json_add adds nothing that is none */
		if (column->type == COLUMN_BOOLEAN && (strcmp(literal, "0") == 0 || strcmp(literal, "1") == 0))
			json_template_add(out, ",'default':%r", *literal == '1' ? "true" : "false");
		else if ((*literal == '-' || (*literal >= '0' && *literal <= '9')) &&
		         json_add(&value, literal, (size_t)(end - literal)))
			json_template_add(out, ",'default':%r", text_terminate(&value));
		break;
	case COLUMN_STRING:
	case COLUMN_DATE:
		if (*literal != '\'' || literal_take_string(literal, end, &value) != end)
			break;
		json_template_add(out, ",'default':");
		(void)json_add_string(out, value.bytes, value.length);
		break;
	case COLUMN_YEAR:
	case COLUMN_BIT:
	case COLUMN_TIME:
	case COLUMN_DATETIME:
	case COLUMN_TIMESTAMP:
	case COLUMN_JSON:
	case COLUMN_BINARY:
	case COLUMN_GEOMETRY:
	case COLUMN_ARRAY:
		break;
	}
	text_release(&value);
}

/* --- What is told to people, and to those who read PostgREST's marks --- */

static void begin_paragraph(struct text *out)
{
	if (out->length > 0)
		text_add_string(out, "\n\n");
}

static void add_note(struct text *out, const char *note)
{
	if (note == NULL || *note == '\0')
		return;
	begin_paragraph(out);
	text_add_string(out, note);
}

/* Within an attribute. */
static void add_attribute(struct text *out, const char *name, struct slice value)
{
	text_add_char(out, ' ');
	text_add_string(out, name);
	text_add_string(out, "='");
	for (size_t i = 0; i < value.length; i++)
		switch (value.bytes[i]) {
		case '&': text_add_string(out, "&amp;"); break;
		case '<': text_add_string(out, "&lt;"); break;
		case '>': text_add_string(out, "&gt;"); break;
		case '\'': text_add_string(out, "&#39;"); break;
		default: text_add_char(out, value.bytes[i]);
		}
	text_add_char(out, '\'');
}

static bool has_column(const struct key *key, int column)
{
	for (unsigned i = 0; key != NULL && i < key->column_count; i++)
		if (key->columns[i] == column)
			return true;
	return false;
}

/* Only what clients may see is named. */
static void add_references(struct text *out, const struct schema *schema, const struct table *table, int place)
{
	for (unsigned i = 0; i < table->foreign_key_count; i++) {
		const struct foreign_key *key = &table->foreign_keys[i];
		const struct table *target = schema_table(schema, (struct slice){ key->target, strlen(key->target) });

		for (unsigned c = 0; target != NULL && c < key->column_count; c++) {
			const char *name = key->target_columns[c];
			const struct column *column = table_column(target, name, strlen(name));

			if (key->columns[c] != place || column == NULL)
				continue;
			begin_paragraph(out);
			text_printf(out, "Note:\nThis is a Foreign Key to `%s.%s`.<fk", target->name.bytes, name);
			add_attribute(out, "table", target->name);
			add_attribute(out, "column", column->name);
			text_add_string(out, "/>");
		}
	}
}

static void add_description(struct text *out, const struct schema *schema, const struct table *table,
                            const struct column *column)
{
	int place = (int)(column - table->columns);
	struct text told = { 0 };

	add_note(&told, column->comment);
	add_note(&told, find_shape(column)->note);
	if (column->kind == KIND_SET && column->member_count > 0) {
		add_note(&told, "Any of these, separated by commas: ");
		text_add(&told, column->declared.bytes + 4, column->declared.length - 4 - 1);
	}
	if (column->auto_increment)
		add_note(&told, "Numbered by the database.");
	if (column->generated)
		add_note(&told, "Computed by the database.");
	if (has_column(table_primary(table), place))
		add_note(&told, "Note:\nThis is a Primary Key.<pk/>");
	add_references(&told, schema, table, place);
	if (told.length > 0)
		json_template_add(out, ",'description':%s", text_terminate(&told));
	text_release(&told);
}

void openapi_add_column(struct text *out, const struct schema *schema, const struct table *table,
                        const struct column *column)
{
	openapi_add_type(out, column, column->nullable);
	add_default(out, column);
	if (!column->writable)
		json_template_add(out, ",'readOnly':true");
	else if (!column->exposed)
		json_template_add(out, ",'writeOnly':true");
	add_description(out, schema, table, column);
}

/* --- Examples --- */

static bool add_string_example(struct text *out, const struct column *column)
{
	static const char words[] = "text";
	/* Types that look like strings. */
	static const char *const others[] = {
		[KIND_UUID] = "00000000-0000-4000-8000-000000000000",
		[KIND_INET4] = "192.0.2.1",
		[KIND_INET6] = "2001:db8::1",
		[KIND_INET] = "192.0.2.1",
		[KIND_CIDR] = "192.0.2.0/24",
		[KIND_MACADDR] = "00:00:5e:00:53:01",
		[KIND_INTERVAL] = "01:30:00",
		[KIND_TIMETZ] = "12:30:00+00",
		[KIND_MONEY] = "1.50",
		[KIND_XML] = "<a/>",
		[KIND_TSVECTOR] = "text",
	};
	size_t length = sizeof(words) - 1;

	if (column->kind == KIND_ENUM || column->kind == KIND_SET) {
		if (column->member_count > 0)
			(void)json_add_string(out, column->members[0].bytes, column->members[0].length);
		return column->member_count > 0;
	}
	if (column->is_opaque) {
		if (column->kind >= sizeof(others) / sizeof(others[0]) || others[column->kind] == NULL)
			return false;
		json_template_add(out, "%s", others[column->kind]);
		return true;
	}
	if (column->length > 0 && column->length < length)
		length = column->length;
	(void)json_add_string(out, words, length);
	return true;
}

/* So many bytes, as base64. */
static void add_zeros(struct text *out, uint64_t bytes)
{
	uint64_t characters = (bytes * 4 + 2) / 3;

	text_add_char(out, '"');
	for (uint64_t i = 0; i < (bytes + 2) / 3 * 4; i++)
		text_add_char(out, i < characters ? 'A' : '=');
	text_add_char(out, '"');
}

bool openapi_add_example(struct text *out, const struct column *column)
{
	enum { MOST_BYTES = 65536 }; /* of a BINARY or a vector; no server has more */
	uint64_t bytes;

	switch (column->type) {
	case COLUMN_INTEGER:
		json_template_add(out, "1");
		return true;
	case COLUMN_BOOLEAN:
		json_template_add(out, "true");
		return true;
	case COLUMN_BIT:
		json_template_add(out, column->length == 1 ? "true" : "1");
		return true;
	case COLUMN_YEAR:
		json_template_add(out, "2024");
		return true;
	case COLUMN_DECIMAL: /* which may have no digits before the point */
		json_template_add(out, column->precision > column->scale || column->precision == 0 ? "1" : "0");
		return true;
	case COLUMN_FLOAT:
	case COLUMN_DOUBLE:
		json_template_add(out, "1.5");
		return true;
	case COLUMN_STRING:
		return add_string_example(out, column);
	case COLUMN_DATE:
		json_template_add(out, "'2024-01-31'");
		return true;
	case COLUMN_TIME:
		json_template_add(out, "'12:30:00'");
		return true;
	case COLUMN_DATETIME:
		json_template_add(out, "'2024-01-31T12:30:00'");
		return true;
	case COLUMN_TIMESTAMP:
		json_template_add(out, "'2024-01-31T12:30:00Z'");
		return true;
	case COLUMN_JSON:
		json_template_add(out, "{}");
		return true;
	case COLUMN_BINARY:
		bytes = column->kind == KIND_BINARY || column->kind == KIND_VECTOR ? column->length : 1;
		if (bytes > MOST_BYTES)
			return false;
		add_zeros(out, bytes);
		return true;
	case COLUMN_ARRAY:
		json_template_add(out, "[]");
		return true;
	case COLUMN_GEOMETRY:
		return false;
	}
	return false;
}
