/* SPDX-License-Identifier: MIT
 *
 * supervisor.h: the supervisor: opens or inherits the listening socket, keeps the workers alive, passes signals on, drains and
 * renews them. Knows no request.
 */
#ifndef MYREST_SUPERVISOR_H
#define MYREST_SUPERVISOR_H

#include "config/config.h"

/* Runs in the foreground until a signal ends it; answers the exit status. Takes the configuration, which HUP replaces. */
int supervisor_run(struct config *);

#endif
