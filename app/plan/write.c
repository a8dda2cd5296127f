/* SPDX-License-Identifier: MIT */
#include "plan/write.h"

#include "schema/dialect.h"

bool write_makes_value(const struct write *write, const struct table *table, unsigned row, unsigned place)
{
	return write->columns[place]->auto_increment &&
	       slice_is(write->values[(size_t)row * write->column_count + place], table->dialect->next_id);
}

bool write_makes_key(const struct write *write, const struct table *table, const struct key *key, unsigned row)
{
	for (unsigned i = 0; i < key->column_count; i++) {
		const struct column *column = &table->columns[key->columns[i]];
		unsigned place = 0;

		if (!column->auto_increment)
			continue;
		while (place < write->column_count && write->columns[place] != column)
			place++;
		if (place == write->column_count || write_makes_value(write, table, row, place))
			return true;
	}
	return false;
}

/* Whether one INSERT may have both rows. */
static bool are_alike(const struct write *write, const struct table *table, unsigned one, unsigned other)
{
	if (write_makes_key(write, table, write->conflict, one) != write_makes_key(write, table, write->conflict, other))
		return false;
	for (unsigned i = 0; i < write->column_count && write->resolution == RESOLUTION_MERGE; i++)
		if (write_makes_value(write, table, one, i) != write_makes_value(write, table, other, i))
			return false;
	return true;
}

unsigned write_run(const struct write *write, const struct table *table, unsigned row)
{
	unsigned end = row + 1;

	if (write->resolution == RESOLUTION_NONE)
		return write->row_count - row;
	while (end < write->row_count && are_alike(write, table, row, end))
		end++;
	return end - row;
}

bool write_is_empty(const struct write *write, const struct plan *plan)
{
	return (write->kind == WRITE_INSERT && write->row_count == 0) ||
	       (write->kind == WRITE_UPDATE && write->column_count == 0 && !plan->one_row);
}

bool write_returns(const struct write *write, const struct plan *plan)
{
	return write->returned == RETURN_REPRESENTATION ||
	       (write->returned == RETURN_HEADERS && write->kind == WRITE_INSERT && write->row_count == 1 &&
	        table_primary(plan->table) != NULL);
}

bool write_looks_first(const struct write *write)
{
	switch (write->kind) {
	case WRITE_INSERT:
		return false;
	case WRITE_UPDATE:
		return (write->returned == RETURN_REPRESENTATION && !write->returning) || write->if_match.length > 0 ||
		       write->counts_first || write->column_count == 0;
	case WRITE_DELETE:
		return (write->returned == RETURN_REPRESENTATION && !write->returning) || write->if_match.length > 0 ||
		       write->counts_first;
	case WRITE_PUT:
		return true;
	}
	return false;
}
