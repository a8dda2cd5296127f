/* SPDX-License-Identifier: MIT
 *
 * merge.h: which plans may share one statement, exactly. The rules, and why nothing
 * else may share, are in ARCHITECTURE.md under "Fresh merging".
 */
#ifndef MYREST_MERGE_H
#define MYREST_MERGE_H

#include "plan/plan.h"

enum { MERGE_KEYS = 128 };

/* The keys that one statement asks for. */
struct merge_keys {
	unsigned count;
	struct integer keys[MERGE_KEYS];
};

/* Whether two plans ask for the same rows. */
bool merge_same(const struct plan *, const struct plan *);
/* Whether two plans differ in the integer key they look up and in nothing else the statement says. */
bool merge_same_but_key(const struct plan *, const struct plan *);

/* Where the key is; adds it when it is new. -1: there is no room for another. */
int merge_add_key(struct merge_keys *, struct integer);
int merge_find_key(const struct merge_keys *, struct integer); /* -1: not there */

#endif
