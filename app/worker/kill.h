/* SPDX-License-Identifier: MIT
 *
 * kill.h: the statement that runs is ended before it is over: nobody waits for it any more, or it is one too many of those
 * that take long. Another session ends it (database_kill).
 */
#ifndef MYREST_KILL_H
#define MYREST_KILL_H

#include "worker/worker_state.h"

enum { KILL_LOOK_US = 50000 }; /* between two looks whether the statement that runs is to be ended */

/* Has the server end what runs. false: it cannot. */
bool kill_statement(enum kill);
/* It was to be ended, and the server has not been told so: it goes on as if nothing had been. */
void kill_look_whether_spared(void);
void kill_timers(int64_t now_us);
int64_t kill_deadline_us(void); /* when kill_timers has something to do; 0: nothing */

#endif
