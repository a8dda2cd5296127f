/* SPDX-License-Identifier: MIT */
#include "worker/worker_state.h"

struct worker worker;
