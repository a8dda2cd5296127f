/* SPDX-License-Identifier: MIT
 *
 * tries.h: all that a worker which has been taken over would do beside its work, tried by the process that calls it. For
 * tests/unit/test-sandbox.c, and for myrest-tries-all, whose workers try it after they have entered the sandbox.
 */
#ifndef TESTS_FAULTS_TRIES_H
#define TESTS_FAULTS_TRIES_H

/* In this folder, which the process can change, are the file `there` and a program `program`, both its own. Answers 0 when
 * it was possible, or errno. */
struct try {
	const char *name;
	int (*how)(const char *folder);
};

extern const struct try tries[];
extern const unsigned try_count;

/* Tries all and logs the outcome as events `tried`; the folder is in the variable TRIES_FOLDER. */
void tries_log(void);

#endif
