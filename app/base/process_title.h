/* SPDX-License-Identifier: MIT
 *
 * process_title.h: what ps(1) shows of a process. The text replaces the memory of the arguments and the environment, so that a
 * database URL is not to be read in /proc/PID/environ either.
 */
#ifndef MYREST_PROCESS_TITLE_H
#define MYREST_PROCESS_TITLE_H

/* First thing in main: moves the environment elsewhere. */
void process_title_open(char **argv);
/* "myrest: ROLE", with the number behind it when it is above 0. */
void process_title_set(const char *role, int number);

#endif
