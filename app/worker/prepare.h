/* SPDX-License-Identifier: MIT
 *
 * prepare.h: a request that is whole, up to its plan: where it leads, whether its headers can be heeded, what its statement
 * asks for. Asks no database.
 */
#ifndef MYREST_PREPARE_H
#define MYREST_PREPARE_H

#include "plan/route.h"
#include "response/peer.h"

/* STATUS_OK: OPTIONS, the document (no table in the route), or a plan in the peer, with a write where it is one. Otherwise the
 * same status in the fault. All of it lives in the peer's arena. */
enum status prepare_request(struct peer *, struct route *, struct fault *);

#endif
